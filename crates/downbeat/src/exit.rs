//! How the program ends: 0, 1 when the mix or a file has errors, 2 when it was called in a wrong way.

/// Why a command did not succeed.
#[derive(Debug)]
pub struct Fail {
    /// The exit code.
    pub code: u8,
    /// What to print on standard error; nothing when it was printed already.
    pub message: Option<String>,
    /// What would be right.
    pub hint: Option<String>,
}

impl Fail {
    /// The mix, or a file, has errors.
    pub fn error(message: impl Into<String>) -> Self {
        Fail { code: 1, message: Some(message.into()), hint: None }
    }

    /// The command line is wrong.
    pub fn usage(message: impl Into<String>) -> Self {
        Fail { code: 2, message: Some(message.into()), hint: None }
    }

    /// The errors have been printed.
    pub fn printed() -> Self {
        Fail { code: 1, message: None, hint: None }
    }

    /// Says what would be right.
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Fail { hint: Some(hint.into()), ..self }
    }
}

impl From<anyhow::Error> for Fail {
    fn from(error: anyhow::Error) -> Self {
        Fail::error(format!("{error:#}"))
    }
}
