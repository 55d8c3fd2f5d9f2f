//! A finished picture, and its PNG.

use png::{BitDepth, ColorType, Compression, Encoder, Filter, PixelDimensions, SrgbRenderingIntent, Unit};

use crate::PictureError;

/// A finished picture: rows of sRGB pixels, three bytes each, from the top left.
#[derive(Clone, PartialEq, Debug)]
pub struct Picture {
    width: u32,
    height: u32,
    scale: f32,
    pixels: Vec<u8>,
}

impl Picture {
    /// A picture of rows of pixels with `scale` pixels to a point.
    pub(crate) fn new(width: u32, height: u32, scale: f32, pixels: Vec<u8>) -> Self {
        Picture { width, height, scale, pixels }
    }

    /// The width in pixels.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// The height in pixels.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// The pixels, `3 * width * height` bytes.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// The picture as the bytes of a PNG file, its resolution written in it.
    ///
    /// # Errors
    /// [`PictureError::Encode`] when the encoder refuses, which it has no reason to.
    pub fn to_png(&self) -> Result<Vec<u8>, PictureError> {
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes, self.width, self.height);
        encoder.set_color(ColorType::Rgb);
        encoder.set_depth(BitDepth::Eight);
        encoder.set_source_srgb(SrgbRenderingIntent::Perceptual);
        // A point is 1/72 inch, an inch 0.0254 metres.
        let per_meter = (f64::from(self.scale) * 72.0 / 0.0254).round() as u32;
        encoder.set_pixel_dims(Some(PixelDimensions { xppu: per_meter, yppu: per_meter, unit: Unit::Meter }));
        // Of the png crate's settings these make a fourteenth of the balanced ones' time and half as much again of bytes.
        encoder.set_compression(Compression::Fast);
        encoder.set_filter(Filter::Adaptive);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.pixels)?;
        writer.finish()?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_png_decodes_to_the_same_pixels_at_the_same_resolution() {
        let pixels: Vec<u8> = (0..7 * 5 * 3u32).map(|i| (i * 97 % 251) as u8).collect();
        let png = Picture::new(7, 5, 2.0, pixels.clone()).to_png().unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
        let dims = reader.info().pixel_dims.unwrap();
        // 144 dots per inch are 5669.3 per metre.
        assert_eq!((dims.xppu, dims.yppu, dims.unit), (5669, 5669, Unit::Meter));
        let mut decoded = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut decoded).unwrap();
        assert_eq!((info.width, info.height, info.color_type), (7, 5, ColorType::Rgb));
        assert_eq!(decoded, pixels);
    }
}
