//! Lists of one element or more: what AWS refuses when it is empty takes such a list, and an array tells its length when it
//! is compiled.

use vec1::Vec1;

/// One element or more.
pub(crate) trait Several<T> {
    /// The elements.
    fn several(self) -> Vec1<T>;
}

impl<T, U: Into<T>> Several<T> for Vec1<U> {
    fn several(self) -> Vec1<T> {
        self.mapped(Into::into)
    }
}

impl<T, U: Clone + Into<T>> Several<T> for &Vec1<U> {
    fn several(self) -> Vec1<T> {
        self.mapped_ref(|element| element.clone().into())
    }
}

impl<T, U: Into<T>, const N: usize> Several<T> for [U; N] {
    fn several(self) -> Vec1<T> {
        const { assert!(N > 0, "a list is empty that must not be") };
        Vec1::try_from_vec(Vec::from(self.map(Into::into))).expect("an array of one element or more")
    }
}
