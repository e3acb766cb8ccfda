//! Parsing and writing of configurations as TOML.

use crate::{Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Parses a TOML text, replaces some of its values and validates the result.
///
/// # Errors
/// [`Error::Config`] for a syntax error, an unknown or missing key, a change that cannot be made,
/// and errors of `validate`.
pub(super) fn parse<T: DeserializeOwned>(
    text: &str,
    path: &str,
    changes: &[String],
    validate: impl FnOnce(&T) -> Result<()>,
) -> Result<T> {
    let (text, path) = changed(text, path, changes)?;
    let config: T = toml::from_str(&text).map_err(|error| Error::config(&path, error))?;
    validate(&config).map_err(|error| Error::config(&path, error))?;
    Ok(config)
}

/// The configuration as TOML.
///
/// # Errors
/// [`Error::Config`] if a value has no TOML representation.
pub(super) fn write(config: &impl Serialize) -> Result<String> {
    toml::to_string_pretty(config).map_err(|error| Error::config("config.toml", error))
}

/// Replaces values in a TOML text. Returns the new text, and a name for it in error messages.
///
/// # Errors
/// [`Error::Config`] for a syntax error, a change without `=`, or a key through a value that is not
/// a table.
fn changed(text: &str, path: &str, changes: &[String]) -> Result<(String, String)> {
    if changes.is_empty() {
        return Ok((text.to_owned(), path.to_owned()));
    }
    let mut root: toml::Table = toml::from_str(text).map_err(|e| Error::config(path, e))?;
    for change in changes {
        let (keys, value) = change
            .split_once('=')
            .ok_or_else(|| Error::config(path, format!("cannot apply `{change}`: it is not of the form key=value")))?;
        let value = match toml::from_str::<toml::Table>(&format!("x = {value}")) {
            Ok(mut table) => table.remove("x").unwrap_or(toml::Value::String(value.to_owned())),
            Err(_) => toml::Value::String(value.to_owned()),
        };
        let mut keys: Vec<&str> = keys.split('.').map(str::trim).collect();
        let last = keys.pop().unwrap_or_default();
        let mut table = &mut root;
        for key in keys {
            let inner = table.entry(key).or_insert_with(|| toml::Value::Table(toml::Table::new()));
            table = inner
                .as_table_mut()
                .ok_or_else(|| Error::config(path, format!("cannot apply `{change}`: `{key}` is not a table")))?;
        }
        table.insert(last.to_owned(), value);
    }
    let text = toml::to_string(&root).map_err(|e| Error::config(path, e))?;
    Ok((text, format!("{path} with {}", changes.join(", "))))
}
