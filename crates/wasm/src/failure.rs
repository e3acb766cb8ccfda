//! What is thrown.

use stgan::Error;
use wasm_bindgen::prelude::*;

/// What is thrown: a JavaScript `Error` with a `code`, or whatever a JavaScript function threw.
#[derive(Debug)]
pub struct Failure(JsValue);

impl Failure {
    /// An `Error` with this `code` and `message`.
    pub(crate) fn new(code: &str, message: &str) -> Self {
        let error = js_sys::Error::new(message);
        // Fails for frozen objects only, which a new error is not.
        let _ = js_sys::Reflect::set(&error, &"code".into(), &code.into());
        Self(error.into())
    }

    /// What a JavaScript function threw, which is thrown on as it is.
    pub(crate) fn thrown(exception: JsValue) -> Self {
        Self(exception)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::new(error.code(), &error.report())
    }
}

impl From<tsify::Error> for Failure {
    fn from(error: tsify::Error) -> Self {
        Self::new("internal", &error.to_string())
    }
}

impl From<Failure> for JsValue {
    fn from(failure: Failure) -> Self {
        failure.0
    }
}
