//! Metric math: the syntax of expressions.

use winnow::{
    ascii::{float, multispace0},
    combinator::{alt, delimited, opt, preceded, separated, separated_foldl1},
    error::{ContextError, ErrMode},
    prelude::*,
    token::{literal, take_while},
};

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expression {
    /// A number.
    Number(f64),
    /// A metric or another expression, by its id.
    Id(String),
    /// A word in upper case that is no function, such as `REPEAT`.
    Word(String),
    /// `-a`
    Negative(Box<Self>),
    /// Two operands.
    Binary(Box<Self>, Operator, Box<Self>),
    /// `[a, b]`
    Array(Vec<Self>),
    /// A function and its arguments.
    Call(String, Vec<Self>),
}

/// An operator between two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    LessOrEqual,
    GreaterOrEqual,
    Less,
    Greater,
    Add,
    Subtract,
    Multiply,
    Divide,
}

/// Text that is no expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no expression: what begins at character {at} is not understood")]
pub struct SyntaxError {
    /// The text.
    pub text: String,
    /// How much of it is well-formed.
    pub at: usize,
}

type Mode = ErrMode<ContextError>;

impl Expression {
    /// Reads an expression.
    pub(super) fn parse(text: &str) -> Result<Self, SyntaxError> {
        delimited(multispace0, disjunction, multispace0)
            .parse(text)
            .map_err(|error| SyntaxError { text: text.to_owned(), at: error.offset() })
    }
}

fn disjunction(input: &mut &str) -> Result<Expression, Mode> {
    let or = alt(("OR", "||")).value(Operator::Or);
    level(conjunction, or).parse_next(input)
}

fn conjunction(input: &mut &str) -> Result<Expression, Mode> {
    let and = alt(("AND", "&&")).value(Operator::And);
    level(comparison, and).parse_next(input)
}

fn comparison(input: &mut &str) -> Result<Expression, Mode> {
    let operator = alt((
        "==".value(Operator::Equal),
        "!=".value(Operator::NotEqual),
        "<=".value(Operator::LessOrEqual),
        ">=".value(Operator::GreaterOrEqual),
        "<".value(Operator::Less),
        ">".value(Operator::Greater),
    ));
    level(sum, operator).parse_next(input)
}

fn sum(input: &mut &str) -> Result<Expression, Mode> {
    let operator = alt(("+".value(Operator::Add), "-".value(Operator::Subtract)));
    level(product, operator).parse_next(input)
}

fn product(input: &mut &str) -> Result<Expression, Mode> {
    let operator = alt(("*".value(Operator::Multiply), "/".value(Operator::Divide)));
    level(unary, operator).parse_next(input)
}

/// Operands with operators of one precedence between them, from left to right.
fn level<'a>(
    operand: impl Parser<&'a str, Expression, Mode>,
    operator: impl Parser<&'a str, Operator, Mode>,
) -> impl Parser<&'a str, Expression, Mode> {
    separated_foldl1(operand, delimited(multispace0, operator, multispace0), |left, operator, right| {
        Expression::Binary(Box::new(left), operator, Box::new(right))
    })
}

fn unary(input: &mut &str) -> Result<Expression, Mode> {
    let negative = preceded(("-", multispace0), unary);
    alt((negative.map(|operand| Expression::Negative(Box::new(operand))), operand)).parse_next(input)
}

fn operand(input: &mut &str) -> Result<Expression, Mode> {
    let grouped = delimited(("(", multispace0), disjunction, (multispace0, ")"));
    let array = delimited(("[", multispace0), list, (multispace0, "]")).map(Expression::Array);
    // What begins with a digit is a number; "nan" is an id.
    let number = winnow::combinator::peek(take_while(1.., '0'..='9'))
        .flat_map(|_| float::<_, f64, Mode>)
        .map(Expression::Number);
    alt((grouped, array, number, id, call_or_word)).parse_next(input)
}

fn list(input: &mut &str) -> Result<Vec<Expression>, Mode> {
    separated(1.., disjunction, (multispace0, ",", multispace0)).parse_next(input)
}

fn id(input: &mut &str) -> Result<Expression, Mode> {
    let rest = take_while(0.., ('a'..='z', 'A'..='Z', '0'..='9', '_'));
    (take_while(1, 'a'..='z'), rest).take().map(|id: &str| Expression::Id(id.to_owned())).parse_next(input)
}

fn call_or_word(input: &mut &str) -> Result<Expression, Mode> {
    let name = take_while(1.., ('A'..='Z', '_')).map(str::to_owned);
    let arguments = delimited(literal("("), delimited(multispace0, list, multispace0), literal(")"));
    let read = |(name, arguments): (String, Option<Vec<Expression>>)| match arguments {
        Some(arguments) => Expression::Call(name, arguments),
        None => Expression::Word(name),
    };
    (name, opt(arguments)).map(read).parse_next(input)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expression with all its parentheses.
    fn written(expression: &Expression) -> String {
        let all = |items: &[Expression]| items.iter().map(written).collect::<Vec<_>>().join(" ");
        match expression {
            Expression::Number(number) => number.to_string(),
            Expression::Id(name) | Expression::Word(name) => name.clone(),
            Expression::Negative(operand) => format!("(- {})", written(operand)),
            Expression::Binary(left, operator, right) => {
                format!("({operator:?} {} {})", written(left), written(right))
            }
            Expression::Array(items) => format!("[{}]", all(items)),
            Expression::Call(name, arguments) => format!("({name} {})", all(arguments)),
        }
    }

    #[test]
    fn expressions() {
        fn check(text: &str, expected: &str) {
            assert_eq!(written(&Expression::parse(text).unwrap()), expected, "{text}");
        }
        check("m1", "m1");
        check(" 100 ", "100");
        check("2.5", "2.5");
        check("100*m1/m2", "(Divide (Multiply 100 m1) m2)");
        check("100 * (m1 / m2)", "(Multiply 100 (Divide m1 m2))");
        check("m1 + m2 * m3 - 1", "(Subtract (Add m1 (Multiply m2 m3)) 1)");
        check("-m1 * -2", "(Multiply (- m1) (- 2))");
        check("m1-5", "(Subtract m1 5)");
        check("m1 > 1 AND m2 <= 2 OR m3 == 0", "(Or (And (Greater m1 1) (LessOrEqual m2 2)) (Equal m3 0))");
        check("m1 != 1 && m2 < 2 || m3 >= 0", "(Or (And (NotEqual m1 1) (Less m2 2)) (GreaterOrEqual m3 0))");
        check("FILL(m1, REPEAT)", "(FILL m1 REPEAT)");
        check("SUM([m1, m2])", "(SUM [m1 m2])");
        check("IF( m1 > 0 , 100*m2 )", "(IF (Greater m1 0) (Multiply 100 m2))");
        check("nan", "nan");
    }

    #[test]
    fn what_is_no_expression_is_refused_with_its_place() {
        fn check(text: &str, at: usize) {
            assert_eq!(Expression::parse(text), Err(SyntaxError { text: text.to_owned(), at }));
        }
        check("", 0);
        check("m1 +", 3);
        check("m1 m2", 3);
        check("(m1", 0);
        check("SUM()", 3);
        check("100 % m1", 4);
        check("'m1'", 0);
    }
}
