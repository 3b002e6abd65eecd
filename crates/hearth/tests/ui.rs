//! Closures that capture something do not compile, and the compiler says what to do.
//!
//! A captured value of a `Copy` type is found only when the program is built, not when it is checked; the case that
//! passes makes `trybuild` build all of them.
#![cfg(test)]

#[test]
fn closures_that_capture_do_not_compile() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/captures_nothing.rs");
    cases.compile_fail("tests/ui/captures_a_*.rs");
}
