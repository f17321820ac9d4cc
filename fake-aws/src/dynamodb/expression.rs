//! Conditions and updates: comparisons, `BETWEEN`, `IN`, `AND`, `OR`, `NOT`, parentheses, `attribute_exists`,
//! `attribute_not_exists`, `begins_with`; `SET` of whole attributes to values.
//!
//! Attributes are named by placeholders (`#name`) only, so that no reserved word can slip in. Source: Amazon DynamoDB
//! developer guide, "Condition and filter expressions, operators, and functions".

use super::{
    AwsError, Item, invalid,
    table::{check_sizes, empty_key},
    value::{check_value, compare},
};
use serde_json::Value;
use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};

/// A condition on an item, which may not exist.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Condition {
    Or(Box<Self>, Box<Self>),
    And(Box<Self>, Box<Self>),
    Not(Box<Self>),
    Compare(Operand, Comparison, Operand),
    Between(Operand, Operand, Operand),
    In(Operand, Vec<Operand>),
    Exists(String),
    BeginsWith(Operand, Operand),
}

/// A comparison: whether it holds for less, equal and greater.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Comparison {
    less: bool,
    equal: bool,
    greater: bool,
}

/// An attribute or a value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Operand {
    Attribute(String),
    Value(Value),
}

/// The placeholders of a request. Each must be used.
#[derive(Debug)]
pub(super) struct Names {
    names: BTreeMap<String, String>,
    values: BTreeMap<String, Value>,
    used: BTreeSet<String>,
}

impl Condition {
    /// Whether it holds for an item.
    pub(super) fn holds(&self, item: Option<&Item>) -> bool {
        let get = |operand: &Operand| match operand {
            Operand::Attribute(name) => item.and_then(|item| item.get(name)).cloned(),
            Operand::Value(value) => Some(value.clone()),
        };
        let order = |a: &Operand, b: &Operand| compare(&get(a)?, &get(b)?);
        match self {
            Self::Or(a, b) => a.holds(item) || b.holds(item),
            Self::And(a, b) => a.holds(item) && b.holds(item),
            Self::Not(condition) => !condition.holds(item),
            Self::Exists(name) => item.is_some_and(|item| item.contains_key(name)),
            Self::Compare(a, comparison, b) => match order(a, b) {
                Some(Ordering::Less) => comparison.less,
                Some(Ordering::Equal) => comparison.equal,
                Some(Ordering::Greater) => comparison.greater,
                // Values that have no order are equal or not; `<>` holds for what is absent too.
                None => match (get(a), get(b)) {
                    (Some(a), Some(b)) if a == b => comparison.equal,
                    _ => comparison.less && comparison.greater,
                },
            },
            Self::Between(operand, low, high) => {
                order(operand, low).is_some_and(Ordering::is_ge)
                    && order(operand, high).is_some_and(Ordering::is_le)
            }
            Self::In(operand, list) => get(operand).is_some_and(|value| {
                list.iter().any(|element| get(element).is_some_and(|element| equal(&value, &element)))
            }),
            Self::BeginsWith(operand, prefix) => {
                let text = |operand| Some(get(operand)?.get("S")?.as_str()?.to_owned());
                text(operand).zip(text(prefix)).is_some_and(|(text, prefix)| text.starts_with(&prefix))
            }
        }
    }

    /// The partition that a key condition names: an equality with the partition key, and with `AND` at the most one
    /// condition on the sort key.
    pub(super) fn partition(&self, partition_key: &str, sort_key: &str) -> Result<String, AwsError> {
        let equals = |condition: &Self| match condition {
            Self::Compare(Operand::Attribute(name), comparison, Operand::Value(value))
                if name == partition_key && *comparison == Comparison::of("=").unwrap_or(*comparison) =>
            {
                value["S"].as_str().map(str::to_owned)
            }
            _ => None,
        };
        let is_on_sort_key = |condition: &Self| match condition {
            Self::Compare(Operand::Attribute(name), comparison, Operand::Value(_)) => {
                name == sort_key && !(comparison.less && comparison.greater)
            }
            Self::Between(Operand::Attribute(name), ..) | Self::BeginsWith(Operand::Attribute(name), _) => {
                name == sort_key
            }
            _ => false,
        };
        if let Some(name) = self.empty_key() {
            return Err(empty_key(name));
        }
        check_sizes(self.longest(partition_key), self.longest(sort_key))?;
        let partition = match self {
            Self::And(first, second) => equals(first).filter(|_| is_on_sort_key(second)),
            condition => equals(condition),
        };
        partition.ok_or_else(|| invalid("Query condition missed key schema element or is not supported"))
    }
}

impl Condition {
    /// The length of the longest text that a key condition compares an attribute with.
    fn longest(&self, key: &str) -> usize {
        let length = |value: &Operand| match value {
            Operand::Value(value) => value["S"].as_str().map_or(0, str::len),
            Operand::Attribute(_) => 0,
        };
        match self {
            Self::And(first, second) => first.longest(key).max(second.longest(key)),
            Self::Compare(Operand::Attribute(name), _, value)
            | Self::BeginsWith(Operand::Attribute(name), value)
                if name == key =>
            {
                length(value)
            }
            Self::Between(Operand::Attribute(name), first, last) if name == key => {
                length(first).max(length(last))
            }
            _ => 0,
        }
    }

    /// The attribute that a key condition compares with an empty text.
    fn empty_key(&self) -> Option<&str> {
        let is_empty = |value: &Operand| matches!(value, Operand::Value(value) if value["S"] == "");
        match self {
            Self::And(first, second) => first.empty_key().or_else(|| second.empty_key()),
            Self::Compare(Operand::Attribute(name), _, value)
            | Self::BeginsWith(Operand::Attribute(name), value)
            | Self::Between(Operand::Attribute(name), value, _)
                if is_empty(value) =>
            {
                Some(name)
            }
            _ => None,
        }
    }
}

impl Comparison {
    fn of(token: &str) -> Option<Self> {
        let (less, equal, greater) = match token {
            "=" => (false, true, false),
            "<>" => (true, false, true),
            "<" => (true, false, false),
            "<=" => (true, true, false),
            ">" => (false, false, true),
            ">=" => (false, true, true),
            _ => return None,
        };
        Some(Self { less, equal, greater })
    }
}

fn equal(a: &Value, b: &Value) -> bool {
    compare(a, b).map_or(a == b, Ordering::is_eq)
}

impl Names {
    /// The placeholders of a request.
    pub(super) fn new(
        names: BTreeMap<String, String>,
        values: BTreeMap<String, Value>,
    ) -> Result<Self, AwsError> {
        values.values().try_for_each(check_value)?;
        Ok(Self { names, values, used: BTreeSet::new() })
    }

    /// Reads a condition.
    pub(super) fn condition(
        &mut self,
        member: &str,
        text: Option<&str>,
    ) -> Result<Option<Condition>, AwsError> {
        let Some(text) = text else { return Ok(None) };
        let mut parser = Parser { names: self, tokens: tokens(text), next: 0, member, text };
        let condition = parser.or()?;
        parser.end()?;
        Ok(Some(condition))
    }

    /// Reads an update.
    pub(super) fn assignments(&mut self, text: &str) -> Result<Vec<(String, Operand)>, AwsError> {
        let mut parser =
            Parser { names: self, tokens: tokens(text), next: 0, member: "UpdateExpression", text };
        parser.expect("SET")?;
        let mut assignments: Vec<(String, Operand)> = Vec::new();
        loop {
            let Operand::Attribute(name) = parser.operand()? else { return Err(parser.refuse()) };
            if assignments.iter().any(|(other, _)| *other == name) {
                let message = "Invalid UpdateExpression: Two document paths overlap with each other";
                return Err(invalid(&format!("{message}; path: [{name}]")));
            }
            parser.expect("=")?;
            assignments.push((name, parser.operand()?));
            if !parser.accept(",") {
                break;
            }
        }
        parser.end()?;
        Ok(assignments)
    }

    /// Refuses placeholders that no expression uses.
    pub(super) fn check_all_used(&self) -> Result<(), AwsError> {
        let unused = |kind: &str, name: &String| {
            invalid(&format!(
                "Value provided in ExpressionAttribute{kind} unused in expressions: keys: {{{name}}}"
            ))
        };
        let is_unused = |name: &&String| !self.used.contains(*name);
        let name = self.names.keys().find(is_unused).map(|name| unused("Names", name));
        name.or_else(|| self.values.keys().find(is_unused).map(|name| unused("Values", name)))
            .map_or(Ok(()), Err)
    }
}

/// The tokens of an expression: placeholders and words, comparators, punctuation.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let is_word = |char: char| char.is_alphanumeric() || matches!(char, '_' | '#' | ':' | '.' | '[' | ']');
    let is_comparator = |char: char| matches!(char, '<' | '>' | '=');
    let mut last = ' ';
    for char in text.chars() {
        let joins = (is_word(char) && is_word(last)) || (is_comparator(char) && matches!(last, '<' | '>'));
        match tokens.last_mut() {
            Some(token) if joins => token.push(char),
            _ if char.is_whitespace() => {}
            _ => tokens.push(char.into()),
        }
        last = char;
    }
    tokens
}

struct Parser<'a> {
    names: &'a mut Names,
    tokens: Vec<String>,
    next: usize,
    member: &'a str,
    text: &'a str,
}

impl Parser<'_> {
    fn or(&mut self) -> Result<Condition, AwsError> {
        let mut left = self.and()?;
        while self.accept("OR") {
            left = Condition::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<Condition, AwsError> {
        let mut left = self.not()?;
        while self.accept("AND") {
            left = Condition::And(Box::new(left), Box::new(self.not()?));
        }
        Ok(left)
    }

    fn not(&mut self) -> Result<Condition, AwsError> {
        if self.accept("NOT") {
            return Ok(Condition::Not(Box::new(self.not()?)));
        }
        if self.accept("(") {
            let inner = self.or()?;
            self.expect(")")?;
            return Ok(inner);
        }
        for (function, negated) in [("attribute_exists", false), ("attribute_not_exists", true)] {
            if self.accept(function) {
                self.expect("(")?;
                let Operand::Attribute(name) = self.operand()? else { return Err(self.refuse()) };
                self.expect(")")?;
                let exists = Condition::Exists(name);
                return Ok(if negated { Condition::Not(Box::new(exists)) } else { exists });
            }
        }
        if self.accept("begins_with") {
            self.expect("(")?;
            let operand = self.operand()?;
            self.expect(",")?;
            let prefix = self.operand()?;
            self.expect(")")?;
            return Ok(Condition::BeginsWith(operand, prefix));
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Result<Condition, AwsError> {
        let operand = self.operand()?;
        if self.accept("BETWEEN") {
            let low = self.operand()?;
            self.expect("AND")?;
            return Ok(Condition::Between(operand, low, self.operand()?));
        }
        if self.accept("IN") {
            self.expect("(")?;
            let mut list = vec![self.operand()?];
            while self.accept(",") {
                list.push(self.operand()?);
            }
            self.expect(")")?;
            return Ok(Condition::In(operand, list));
        }
        let Some(comparison) = self.tokens.get(self.next).and_then(|token| Comparison::of(token)) else {
            return Err(self.refuse());
        };
        self.next += 1;
        Ok(Condition::Compare(operand, comparison, self.operand()?))
    }

    fn operand(&mut self) -> Result<Operand, AwsError> {
        let Some(token) = self.tokens.get(self.next).cloned() else { return Err(self.refuse()) };
        let undefined = |kind: &str| {
            let message = format!("An expression attribute {kind} used in the expression is not defined");
            invalid(&format!("Invalid {}: {message}; attribute {kind}: {token}", self.member))
        };
        let operand = match token.chars().next() {
            Some('#') => {
                Operand::Attribute(self.names.names.get(&token).ok_or_else(|| undefined("name"))?.clone())
            }
            Some(':') => {
                Operand::Value(self.names.values.get(&token).ok_or_else(|| undefined("value"))?.clone())
            }
            _ => return Err(self.refuse()),
        };
        self.next += 1;
        self.names.used.insert(token);
        Ok(operand)
    }

    fn accept(&mut self, word: &str) -> bool {
        let found = self.tokens.get(self.next).is_some_and(|token| token.eq_ignore_ascii_case(word));
        self.next += usize::from(found);
        found
    }

    fn expect(&mut self, word: &str) -> Result<(), AwsError> {
        if self.accept(word) { Ok(()) } else { Err(self.refuse()) }
    }

    fn end(&self) -> Result<(), AwsError> {
        if self.next == self.tokens.len() { Ok(()) } else { Err(self.refuse()) }
    }

    fn refuse(&self) -> AwsError {
        let token = self.tokens.get(self.next).map_or("<EOF>", String::as_str);
        invalid(&format!("Invalid {}: Syntax error; token: \"{token}\", in: \"{}\"", self.member, self.text))
    }
}
