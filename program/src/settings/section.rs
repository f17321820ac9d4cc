//! A table of settings makes a type of their values, reads it, and describes each setting for documents and editors.

use super::{kind::Kind, reader::Reader};
use serde_json::{Map, Value, json};

/// A setting, as documents and editors describe it.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// Its key in the configuration.
    pub key: &'static str,
    /// What it means, in Markdown.
    pub meaning: String,
    /// What is allowed.
    pub allowed: String,
    /// What is meant without it, in Markdown.
    pub default: String,
    /// Whether a stack can't be made without it.
    pub is_required: bool,
    /// What an editor takes.
    pub schema: Value,
}

impl Setting {
    /// A setting of a kind; `without` is what is meant without it, where its kind does not say that.
    pub(super) fn new<K: Kind>(key: &'static str, help: &str, kind: &K, without: Option<&str>) -> Self {
        let default = kind.default();
        let shown = match (without, &default) {
            (Some(without), _) => without.to_owned(),
            (None, Some(value)) => kind.shown(value),
            (None, None) => "required".to_owned(),
        };
        let meaning = help.trim().trim_end_matches('.').to_owned();
        Self {
            key,
            meaning,
            allowed: kind.allowed(),
            default: shown,
            is_required: default.is_none(),
            schema: kind.schema(),
        }
    }

    /// What an editor shows and checks of the setting.
    pub(super) fn for_editors(&self) -> Value {
        let mut schema = self.schema.clone();
        let Self { meaning, allowed, default, .. } = self;
        schema["description"] =
            json!(format!("{}. Allowed is {allowed}. Default: {default}.", plain(meaning)));
        schema
    }
}

/// Markdown without the addresses of its links.
fn plain(markdown: &str) -> String {
    let mut parts = markdown.split("](");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push_str(part.split_once(')').map_or(part, |(_, rest)| rest));
    }
    text.replace('[', "")
}

/// Some settings of a stack.
pub(super) trait Section: Sized {
    /// Reads them.
    fn read(reader: &mut Reader<'_>) -> Self;

    /// Describes them.
    fn rows() -> Vec<Setting>;

    /// The values that are not their defaults, as a configuration has them.
    fn given(&self) -> Map<String, Value>;
}

/// Makes the type of some settings of their table. A row is
///
/// ```text
/// /// What it means.
/// field: Type = "key", KIND, without "what is meant without it", for Metrics;
/// ```
///
/// `without` is for defaults that say nothing by themselves, such as an empty list that means all. `for` names the functions
/// that get the value as an environment variable, see [`metrics_lib::contract::env::of_setting`]; only tables that are called
/// `struct Name for functions` have such rows.
macro_rules! section {
    (
        $(#[doc = $doc:literal])+
        $vis:vis struct $name:ident {
            $($(#[doc = $help:literal])+ $field:ident: $type:ty = $key:literal, $kind:expr $(, without $without:literal)?;)+
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq)]
        $vis struct $name {
            $($(#[doc = $help])+ pub $field: $type,)+
        }

        impl $crate::settings::section::Section for $name {
            fn read(reader: &mut $crate::settings::reader::Reader<'_>) -> Self {
                Self { $($field: reader.setting($key, &$kind),)+ }
            }

            fn rows() -> Vec<$crate::settings::section::Setting> {
                let without = |text: &[&'static str]| text.first().copied();
                vec![$($crate::settings::section::Setting::new(
                    $key,
                    concat!($($help),+),
                    &$kind,
                    without(&[$($without)?]),
                ),)+]
            }

            fn given(&self) -> serde_json::Map<String, serde_json::Value> {
                let mut config = serde_json::Map::new();
                $(if $crate::settings::kind::Kind::default(&$kind).as_ref() != Some(&self.$field) {
                    config.insert($key.to_owned(), serde_json::json!(self.$field));
                })+
                config
            }
        }
    };
    (
        $(#[doc = $doc:literal])+
        $vis:vis struct $name:ident for functions {
            $(
                $(#[doc = $help:literal])+
                $field:ident: $type:ty = $key:literal, $kind:expr
                    $(, without $without:literal)? $(, for $functions:ident)?;
            )+
        }
    ) => {
        $crate::settings::section::section! {
            $(#[doc = $doc])+
            $vis struct $name {
                $($(#[doc = $help])+ $field: $type = $key, $kind $(, without $without)?;)+
            }
        }

        impl $name {
            /// The values that functions get as environment variables.
            pub(crate) fn variables(&self, of: $crate::settings::section::Functions) -> Vec<(String, String)> {
                let mut variables = Vec::new();
                $($(if of == $crate::settings::section::Functions::$functions {
                    let value = $crate::settings::kind::Kind::variable(&$kind, &self.$field);
                    variables.push((metrics_lib::contract::env::of_setting($key), value));
                })?)+
                variables
            }
        }
    };
}
pub(super) use section;

/// Which functions get a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Functions {
    /// Those that compute metrics.
    Metrics,
    /// The one that takes GitHub's deliveries.
    Webhook,
}

impl Reader<'_> {
    /// A setting's value: its default where nothing is given, and any where what is given can't be used, which is kept as a
    /// problem.
    pub(super) fn setting<K: Kind>(&mut self, key: &'static str, kind: &K) -> K::Value {
        let Some(given) = self.get(key) else {
            return kind.default().unwrap_or_else(|| {
                self.refuse(key, None, kind.allowed());
                K::Value::default()
            });
        };
        match kind.parse(&given, &mut self.within(key)) {
            Some(value) => value,
            None => {
                self.refuse(key, Some(given), kind.allowed());
                K::Value::default()
            }
        }
    }
}
