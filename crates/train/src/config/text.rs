//! Configurations as text.

use crate::{Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Reads and checks a TOML text in which some values are replaced.
///
/// # Errors
/// [`Error::Config`] for a text that is not TOML, a key that is unknown or missing, a change that cannot be made, and what
/// `check` refuses.
pub(super) fn parse<T: DeserializeOwned>(
    text: &str,
    path: &str,
    changes: &[String],
    check: impl FnOnce(&T) -> Result<()>,
) -> Result<T> {
    let (text, path) = changed(text, path, changes)?;
    let config: T = toml::from_str(&text).map_err(|error| Error::config(&path, error))?;
    check(&config).map_err(|error| Error::config(&path, error))?;
    Ok(config)
}

/// All of it as TOML.
///
/// # Errors
/// [`Error::Config`] if a value cannot be written.
pub(super) fn write(config: &impl Serialize) -> Result<String> {
    toml::to_string_pretty(config).map_err(|error| Error::config("config.toml", error))
}

/// A TOML text with some values replaced, and what to call it.
///
/// # Errors
/// [`Error::Config`] for a text that is not TOML, a change without `=`, or one through a key that is no table.
fn changed(text: &str, path: &str, changes: &[String]) -> Result<(String, String)> {
    if changes.is_empty() {
        return Ok((text.to_owned(), path.to_owned()));
    }
    let mut root: toml::Table = toml::from_str(text).map_err(|e| Error::config(path, e))?;
    for change in changes {
        let (keys, value) = change
            .split_once('=')
            .ok_or_else(|| Error::config(path, format!("{change} is not of the form key=value")))?;
        let value = match toml::from_str::<toml::Table>(&format!("x = {value}")) {
            Ok(mut table) => table.remove("x").unwrap_or(toml::Value::String(value.to_owned())),
            Err(_) => toml::Value::String(value.to_owned()),
        };
        let mut keys: Vec<&str> = keys.split('.').map(str::trim).collect();
        let last = keys.pop().unwrap_or_default();
        let mut table = &mut root;
        for key in keys {
            let inner = table.entry(key).or_insert_with(|| toml::Value::Table(toml::Table::new()));
            table = inner.as_table_mut().ok_or_else(|| Error::config(path, format!("{change}: {key} is no table")))?;
        }
        table.insert(last.to_owned(), value);
    }
    let text = toml::to_string(&root).map_err(|e| Error::config(path, e))?;
    Ok((text, format!("{path} with {}", changes.join(", "))))
}
