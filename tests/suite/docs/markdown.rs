//! As much of Markdown as the pages use.

use std::ops::Range;

/// A fenced block of code.
pub struct Block {
    /// Which `##` section it stands in, from 0 for what comes before the first.
    pub section: usize,
    /// What stands after the fence.
    pub language: String,
    /// The line of its fence, from 1.
    pub line: usize,
    /// What is in it.
    pub text: String,
    /// Where that is in the page, in bytes.
    pub range: Range<usize>,
}

impl Block {
    /// The name in a first line `# file: NAME`.
    pub fn file(&self) -> Option<&str> {
        self.text.lines().next()?.strip_prefix("# file: ")
    }

    /// The commands, lines after a `$`, each with the output that is shown below it.
    pub fn commands(&self) -> Vec<(String, String)> {
        let mut commands: Vec<(String, String)> = Vec::new();
        for line in self.text.lines() {
            if let Some(command) = line.strip_prefix("$ ") {
                commands.push((command.to_string(), String::new()));
            } else if let Some((_, output)) = commands.last_mut() {
                *output += &format!("{line}\n");
            }
        }
        commands
    }
}

/// All blocks of a page.
pub fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    let (mut section, mut offset) = (0, 0);
    for (number, line) in page.split_inclusive('\n').enumerate() {
        let start = offset;
        offset += line.len();
        match (line.trim_end().strip_prefix("```"), open.take()) {
            (Some(_), Some(block)) => {
                let range = block.range.start..start;
                blocks.push(Block { text: page[range.clone()].to_string(), range, ..block });
            }
            (Some(language), None) => {
                let (language, range) = (language.to_string(), offset..offset);
                open = Some(Block { section, language, line: number + 1, text: String::new(), range });
            }
            (None, block @ Some(_)) => open = block,
            (None, None) => section += usize::from(line.starts_with("## ")),
        }
    }
    assert!(open.is_none(), "a block has no end");
    blocks
}

/// All headings, without their signs.
pub fn headings(page: &str) -> Vec<String> {
    let headings = prose(page).filter(|(_, line)| line.starts_with('#'));
    headings.map(|(_, line)| line.trim_start_matches('#').trim().to_string()).collect()
}

/// The anchor of a heading, as GitHub makes it: small letters, dashes for spaces, nothing but letters, digits, `-`, `_`.
pub fn slug(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
}

/// The targets of all links and pictures, with their lines.
pub fn links(page: &str) -> Vec<(usize, String)> {
    let mut links = Vec::new();
    for (number, line) in prose(page) {
        let mut rest = line;
        while let Some((_, after)) = rest.split_once("](") {
            let Some((target, after)) = after.split_once(')') else { break };
            links.push((number, target.to_string()));
            rest = after;
        }
    }
    links
}

/// The lines outside of blocks, numbered from 1.
fn prose(page: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut inside = false;
    page.lines().enumerate().filter_map(move |(i, line)| {
        let fence = line.starts_with("```");
        inside ^= fence;
        (!inside && !fence).then_some((i + 1, line))
    })
}
