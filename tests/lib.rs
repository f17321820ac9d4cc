//! Integration tests of the whole product; see `integration/`.
