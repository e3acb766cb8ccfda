//! Exceptions.

use stgan::Error;
use wasm_bindgen::prelude::*;

/// A value to throw: a JavaScript `Error` with a `code`, or the exception of a JavaScript callback.
#[derive(Debug)]
pub struct Failure(JsValue);

impl Failure {
    /// An `Error` with this `code` and `message`.
    pub(crate) fn new(code: &str, message: &str) -> Self {
        let error = js_sys::Error::new(message);
        // Setting a property fails only on frozen objects, and a new error is not frozen.
        let _ = js_sys::Reflect::set(&error, &"code".into(), &code.into());
        Self(error.into())
    }

    /// The exception of a JavaScript callback, to be rethrown unchanged.
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
