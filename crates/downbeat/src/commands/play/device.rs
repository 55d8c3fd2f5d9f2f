//! The computer's outputs.

use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{FromSample, I24, SampleFormat, SizedSample, StreamConfig, SupportedStreamConfig};

use super::player::Player;
use crate::exit::Fail;

/// What to do without an output.
const ELSEWHERE: &str = "`downbeat play --list-devices` lists the outputs; `downbeat watch` plays in the browser, `downbeat render` writes a file";

/// An output that can play.
pub struct Device {
    device: cpal::Device,
    config: StreamConfig,
    format: SampleFormat,
}

/// Sound on its way to an output. It ends when this is dropped.
pub struct Stream(#[expect(dead_code, reason = "it is held, not used")] cpal::Stream);

/// The outputs there are, by their ids and names, the computer's own first.
pub fn list() -> Result<Vec<(String, String)>, Fail> {
    let own = cpal::default_host().default_output_device().map(|device| named(&device));
    let mut outputs: Vec<_> = own.into_iter().collect();
    for (_, id, name) in outputs_of_host()? {
        if !outputs.iter().any(|(known, _)| *known == id) {
            outputs.push((id, name));
        }
    }
    Ok(outputs)
}

impl Device {
    /// The output of that name, or the computer's own; at `rate` frames per second if it can do that, else at its own rate.
    pub fn open(name: Option<&str>, rate: u32) -> Result<Self, Fail> {
        let device = match name {
            Some(name) => find(name)?,
            None => cpal::default_host()
                .default_output_device()
                .ok_or_else(|| Fail::error("this computer has no output to play on").hint(ELSEWHERE))?,
        };
        let config = suiting(&device, rate).map_err(|error| cannot(&device, &error))?;
        Ok(Device { device, config: config.config(), format: config.sample_format() })
    }

    /// Frames per second.
    pub fn rate(&self) -> u32 {
        self.config.sample_rate
    }

    /// Lets a player play. What goes wrong on the way is told to `fault`.
    pub fn start(&self, player: Player, fault: impl FnMut(String) + Send + 'static) -> Result<Stream, Fail> {
        let stream = match self.format {
            SampleFormat::F32 => self.stream::<f32>(player, fault),
            SampleFormat::F64 => self.stream::<f64>(player, fault),
            SampleFormat::I32 => self.stream::<i32>(player, fault),
            SampleFormat::I24 => self.stream::<I24>(player, fault),
            SampleFormat::I16 => self.stream::<i16>(player, fault),
            SampleFormat::I8 => self.stream::<i8>(player, fault),
            SampleFormat::U32 => self.stream::<u32>(player, fault),
            SampleFormat::U16 => self.stream::<u16>(player, fault),
            SampleFormat::U8 => self.stream::<u8>(player, fault),
            format => Err(Fail::error(format!("the output takes {format} samples, which are not known here"))),
        }?;
        stream.play().map_err(|error| cannot(&self.device, &error))?;
        Ok(Stream(stream))
    }

    fn stream<T: SizedSample + FromSample<f32>>(
        &self,
        mut player: Player,
        mut fault: impl FnMut(String) + Send + 'static,
    ) -> Result<cpal::Stream, Fail> {
        let channels = usize::from(self.config.channels);
        let fill = move |out: &mut [T], _: &cpal::OutputCallbackInfo| player.fill(out, channels, T::from_sample_);
        let stream = self.device.build_output_stream(self.config, fill, move |error| fault(error.to_string()), None);
        stream.map_err(|error| cannot(&self.device, &error))
    }
}

/// Why an output does not play.
fn cannot(device: &cpal::Device, error: &cpal::Error) -> Fail {
    let (_, name) = named(device);
    Fail::error(format!("cannot play on {name}: {}", error.to_string().trim_end_matches('.'))).hint(ELSEWHERE)
}

/// How an output is best asked to play: at the rate, in stereo, in 32 bits, as far as it can.
fn suiting(device: &cpal::Device, rate: u32) -> Result<SupportedStreamConfig, cpal::Error> {
    let at_rate = device.supported_output_configs()?.filter_map(|range| range.try_with_sample_rate(rate));
    let worth = |config: &SupportedStreamConfig| {
        let channels = match config.channels() {
            2 => 0,
            1 => u16::MAX,
            more => more,
        };
        let format = match config.sample_format() {
            SampleFormat::F32 => 0,
            SampleFormat::I32 => 1,
            SampleFormat::I24 => 2,
            SampleFormat::I16 => 3,
            SampleFormat::F64 => 4,
            SampleFormat::U32 | SampleFormat::U16 => 5,
            SampleFormat::I8 | SampleFormat::U8 => 6,
            _ => 7,
        };
        (channels, format)
    };
    match at_rate.min_by_key(worth) {
        Some(config) => Ok(config),
        None => device.default_output_config(),
    }
}

/// The output with this id or name, or the only one whose name has it as a part.
fn find(wanted: &str) -> Result<cpal::Device, Fail> {
    let mut outputs = outputs_of_host()?;
    if let Some(own) = cpal::default_host().default_output_device() {
        let (id, name) = named(&own);
        outputs.insert(0, (own, id, name));
    }
    if let Some(at) = outputs.iter().position(|(_, id, name)| wanted == id || wanted == name) {
        return Ok(outputs.swap_remove(at).0);
    }
    let part = wanted.to_lowercase();
    let mut like: Vec<_> = outputs.into_iter().filter(|(_, _, name)| name.to_lowercase().contains(&part)).collect();
    like.dedup_by(|(_, one, _), (_, other, _)| one == other);
    let list = "`downbeat play --list-devices` lists what there is";
    match like.len() {
        1 => Ok(like.swap_remove(0).0),
        0 => Err(Fail::usage(format!("there is no output {wanted:?}")).hint(list)),
        count => Err(Fail::usage(format!("{count} outputs have {wanted:?} in their names")).hint(list)),
    }
}

/// The outputs there are, with their ids and names.
fn outputs_of_host() -> Result<Vec<(cpal::Device, String, String)>, Fail> {
    let outputs = cpal::default_host().output_devices();
    let outputs = outputs.map_err(|error| Fail::error(format!("cannot list the outputs: {error}")))?;
    let all = outputs.map(|device| {
        let (id, name) = named(&device);
        (device, id, name)
    });
    Ok(all.collect())
}

/// The id and the name of an output.
fn named(device: &cpal::Device) -> (String, String) {
    let id = device.id().map_or_else(|_| String::new(), |id| id.id().to_string());
    let name = device.description().map_or_else(|_| id.clone(), |description| description.name().to_string());
    (id, name)
}
