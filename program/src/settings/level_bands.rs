//! The setting of where DORA's levels end.

use super::kind::{Kind, Within};
use crate::levels::{InvalidLevel, LEVELS, Levels};
use serde_json::{Value, json};

/// Where DORA's levels end.
pub(super) struct LevelBands;

impl Kind for LevelBands {
    type Value = Levels;

    fn allowed(&self) -> String {
        LEVELS.to_owned()
    }

    fn schema(&self) -> Value {
        let three = |of: Value| {
            json!({"anyOf": [{"type": "null"}, {
                "type": "object",
                "required": ["elite", "high", "medium"],
                "additionalProperties": false,
                "properties": {"elite": of, "high": of, "medium": of},
            }]})
        };
        let (length, number) = (json!({"type": "string"}), json!({"type": "number", "exclusiveMinimum": 0}));
        json!({
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "deploymentsAWeek": three(number.clone()),
                "leadTime": three(length.clone()),
                "changeFailureRate": three(number),
                "timeToRestore": three(length),
            },
        })
    }

    fn default(&self) -> Option<Levels> {
        Some(Levels::default())
    }

    fn parse(&self, given: &Value, within: &mut Within<'_>) -> Option<Levels> {
        match Levels::from_json(given.clone()) {
            Ok(levels) => Some(levels),
            Err(InvalidLevel { path, value, allowed }) => {
                within.refuse(path, Some(value), allowed);
                Some(Levels::default())
            }
        }
    }
}
