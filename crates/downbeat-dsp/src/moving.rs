//! Effects with parameters that move.

use std::sync::Arc;

use crate::{Automation, Block, Follower, Format, Heard, ParamError, Params, Rest, Running, Stream, Value};

/// A streaming effect and what moves in it.
pub(crate) struct Moving {
    effect: Arc<dyn Stream>,
    moves: Arc<[Move]>,
    /// The effect with parameters at the ends of their ways: none of them sounds on for longer than the longest of these.
    extremes: Vec<Arc<dyn Stream>>,
}

/// A parameter that moves, by its index.
#[derive(PartialEq)]
struct Move {
    param: usize,
    automation: Arc<Automation>,
}

/// Refuses values that move.
pub(crate) fn standing_still<P: Params>(values: &[Value]) -> Result<(), ParamError> {
    match P::params().iter().zip(values).find(|(_, value)| matches!(value, Value::Moving(_))) {
        Some((param, _)) => Err(ParamError::Together {
            name: param.name,
            reason: format!("`{}` cannot move here: `{}` works on the whole sound at once", param.name, P::NAME),
        }),
        None => Ok(()),
    }
}

impl Moving {
    /// The effect with these values; `None` when none of them moves.
    pub(crate) fn new<P: Params + Stream>(
        effect: Arc<dyn Stream>,
        values: &[Value],
    ) -> Result<Option<Self>, ParamError> {
        let moves: Vec<Move> = values
            .iter()
            .enumerate()
            .filter_map(|(param, value)| match value {
                Value::Moving(automation) => Some(Move { param, automation: automation.clone() }),
                _ => None,
            })
            .collect();
        if moves.is_empty() {
            return Ok(None);
        }
        let mut extremes: Vec<Arc<dyn Stream>> = Vec::new();
        let mut extreme = |end: &dyn Fn(usize, &Automation) -> f64| {
            let mut values = values.to_vec();
            for Move { param, automation } in &moves {
                values[*param] = Value::Number(end(*param, automation));
            }
            extremes.push(Arc::new(P::from_values(&values)?));
            Ok(())
        };
        extreme(&|_, automation| automation.range().0)?;
        extreme(&|_, automation| automation.range().1)?;
        if moves.len() > 1 {
            for Move { param, .. } in &moves {
                extreme(&|i, automation| if i == *param { automation.range().0 } else { automation.range().1 })?;
                extreme(&|i, automation| if i == *param { automation.range().1 } else { automation.range().0 })?;
            }
        }
        Ok(Some(Moving { effect, moves: moves.into(), extremes }))
    }
}

impl Stream for Moving {
    fn latency(&self, format: Format) -> usize {
        self.effect.latency(format)
    }

    fn tail(&self, format: Format) -> usize {
        self.extremes.iter().map(|effect| effect.tail(format)).fold(self.effect.tail(format), usize::max)
    }

    fn spreads(&self) -> bool {
        self.effect.spreads()
    }

    fn start(self: Arc<Self>, format: Format, at: i64) -> Box<dyn Running> {
        let mut effect = self.effect.clone().start(format, at);
        for Move { param, automation } in self.moves.iter() {
            effect.set_number(*param, automation.rest(at).value);
        }
        let follower = |on: &Move| Some(Follower::new(on.automation.follow()?.clone(), at));
        let followers = self.moves.iter().map(follower).collect();
        Box::new(MovingOn { effect, moves: self.moves.clone(), followers, at })
    }
}

/// A moving effect in motion.
struct MovingOn {
    effect: Box<dyn Running>,
    moves: Arc<[Move]>,
    /// Of each move, the level that it follows, if it does.
    followers: Vec<Option<Follower>>,
    /// The frame of the song that comes next.
    at: i64,
}

impl Running for MovingOn {
    fn process_hearing(&mut self, block: &mut Block<'_>, heard: Heard<'_>) {
        let mut done = 0;
        while done < block.frames() {
            let mut end = i64::MAX;
            for (Move { param, automation }, follower) in self.moves.iter().zip(&self.followers) {
                let rest = match follower {
                    Some(follower) => Rest { value: follower.number(), end: follower.end() },
                    None => automation.rest(self.at),
                };
                self.effect.set_number(*param, rest.value);
                end = end.min(rest.end);
            }
            let frames = usize::try_from(end.saturating_sub(self.at)).unwrap_or(usize::MAX).min(block.frames() - done);
            let heard = heard.from(done);
            self.effect.process_hearing(&mut block.part(done..done + frames), heard);
            for follower in self.followers.iter_mut().flatten() {
                follower.hear(heard.strip(follower.strip()), frames);
            }
            done += frames;
            self.at += frames as i64;
        }
    }

    fn set_number(&mut self, param: usize, value: f64) {
        self.effect.set_number(param, value);
    }

    fn checkpoint(&self) -> Box<dyn Running> {
        let (moves, followers) = (self.moves.clone(), self.followers.clone());
        Box::new(MovingOn { effect: self.effect.checkpoint(), moves, followers, at: self.at })
    }

    fn bytes(&self) -> usize {
        size_of_val(self) + size_of_val(self.followers.as_slice()) + self.effect.bytes()
    }

    fn same(&self, other: &dyn Running) -> bool {
        other.as_any().downcast_ref::<Self>().is_some_and(|other| {
            self.at == other.at
                && self.moves == other.moves
                && self.followers == other.followers
                && self.effect.same(other.effect.as_ref())
        })
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}
