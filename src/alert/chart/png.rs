//! A drawing as PNG, for what shows no SVG: chats, mail, tickets.
//!
//! Every pixel is one of five inks, so files are small and there is nothing between two colours that a platform could
//! draw otherwise. Letters come from bitmaps that are compiled in: Latin, Cyrillic and Greek; of other scripts there is
//! a question mark each, since the message beside the picture has the words. No font of the machine is asked.

use super::drawing::{DASH, DASH_STEP, Drawing, Ink, Mark, Point};
use super::plot::{HEIGHT, WIDTH};
use embedded_graphics::Pixel;
use embedded_graphics::geometry::{Point as At, Size};
use embedded_graphics::mono_font::mapping::StrGlyphMapping;
use embedded_graphics::mono_font::{
    MonoFont, MonoTextStyle, iso_8859_1, iso_8859_2, iso_8859_5, iso_8859_7, iso_8859_9, mapping,
};
use embedded_graphics::pixelcolor::{PixelColor, raw::RawU8};
use embedded_graphics::prelude::{Dimensions, DrawTarget, Drawable, OriginDimensions, Primitive};
use embedded_graphics::primitives::{Polyline, PrimitiveStyle, Rectangle};
use embedded_graphics::text::Text;
use std::convert::Infallible;

/// Pixels of a unit: sharp on the screens of today.
const SCALE: i32 = 2;
/// From one letter to the next, pixels: the width of the fonts.
const LETTER: i32 = 10;

/// Letters, and who has them. The first that knows a character draws it.
const FONTS: [(&MonoFont<'_>, &StrGlyphMapping<'_>); 5] = [
    (&iso_8859_1::FONT_10X20, &mapping::ISO_8859_1),
    (&iso_8859_2::FONT_10X20, &mapping::ISO_8859_2),
    (&iso_8859_9::FONT_10X20, &mapping::ISO_8859_9),
    (&iso_8859_5::FONT_10X20, &mapping::ISO_8859_5),
    (&iso_8859_7::FONT_10X20, &mapping::ISO_8859_7),
];

/// A chart that could not be encoded.
#[derive(Debug, thiserror::Error)]
#[error("the chart cannot be written as PNG")]
pub struct NoPicture(#[from] png::EncodingError);

impl PixelColor for Ink {
    type Raw = RawU8;
}

/// Pixels by row, each the number of its ink.
struct Canvas {
    size: Size,
    pixels: Vec<u8>,
}

impl Drawing {
    /// The whole picture.
    pub(super) fn png(&self) -> Result<Vec<u8>, NoPicture> {
        let mut canvas = Canvas::new(Size::new(pixels(WIDTH).unsigned_abs(), pixels(HEIGHT).unsigned_abs()));
        for mark in self.marks() {
            let Ok(()) = draw(mark, &mut canvas);
        }
        canvas.encoded()
    }
}

fn draw(mark: &Mark, canvas: &mut Canvas) -> Result<(), Infallible> {
    match mark {
        Mark::Area { from, to, ink } => fill(place(*from), place(*to), *ink, canvas),
        Mark::Dashes { from, to, y, ink } => {
            let starts = (0..).map(|dash| from + f64::from(dash) * DASH_STEP).take_while(|start| start < to);
            for start in starts {
                let end = (start + DASH).min(*to);
                // a line one unit thick, half of it above
                fill(place(Point::new(start, y - 0.5)), place(Point::new(end, y + 0.5)), *ink, canvas)?;
            }
            Ok(())
        }
        Mark::Line { points, ink } => {
            let points: Vec<At> = points.iter().map(|point| place(*point)).collect();
            Polyline::new(&points).into_styled(PrimitiveStyle::with_stroke(*ink, 2 * SCALE.unsigned_abs())).draw(canvas)
        }
        Mark::Words { at, ends, text } => write(place(*at), *ends, text, canvas),
    }
}

fn fill(from: At, to: At, ink: Ink, canvas: &mut Canvas) -> Result<(), Infallible> {
    let size = Size::new((to.x - from.x).max(0).unsigned_abs(), (to.y - from.y).max(0).unsigned_abs());
    canvas.fill_solid(&Rectangle::new(from, size), ink)
}

/// Letter by letter, since each may be of another font.
fn write(at: At, ends: bool, text: &str, canvas: &mut Canvas) -> Result<(), Infallible> {
    let letters: Vec<char> = text.chars().map(plain).collect();
    let mut x = if ends { at.x - LETTER * i32::try_from(letters.len()).unwrap_or(0) } else { at.x };
    for letter in letters {
        let (font, _) = FONTS.iter().find(|(_, has)| has.contains(letter)).unwrap_or(&FONTS[0]);
        Text::new(letter.encode_utf8(&mut [0; 4]), At::new(x, at.y), MonoTextStyle::new(font, Ink::Words))
            .draw(canvas)?;
        x += LETTER;
    }
    Ok(())
}

/// Signs of good print as those of a typewriter.
fn plain(letter: char) -> char {
    match letter {
        '\u{2018}' | '\u{2019}' => '\'',
        '\u{201c}'..='\u{201e}' => '"',
        '\u{2010}'..='\u{2015}' => '-',
        other => other,
    }
}

fn place(point: Point) -> At {
    At::new(pixels(point.x), pixels(point.y))
}

fn pixels(units: f64) -> i32 {
    libm::round(units * f64::from(SCALE)) as i32
}

impl Canvas {
    fn new(size: Size) -> Self {
        Self { size, pixels: vec![Ink::Paper as u8; size.width as usize * size.height as usize] }
    }

    fn encoded(&self) -> Result<Vec<u8>, NoPicture> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.size.width, self.size.height);
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_palette(Ink::ALL.iter().flat_map(|ink| ink.rgb()).collect::<Vec<u8>>());
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.pixels)?;
        writer.finish()?;
        Ok(bytes)
    }
}

impl OriginDimensions for Canvas {
    fn size(&self) -> Size {
        self.size
    }
}

impl DrawTarget for Canvas {
    type Color = Ink;
    type Error = Infallible;

    /// What lies outside of the paper is not drawn.
    fn draw_iter<I: IntoIterator<Item = Pixel<Ink>>>(&mut self, pixels: I) -> Result<(), Infallible> {
        let (paper, width) = (self.bounding_box(), self.size.width as usize);
        for Pixel(at, ink) in pixels {
            if paper.contains(at)
                && let Some(pixel) =
                    self.pixels.get_mut(at.y.unsigned_abs() as usize * width + at.x.unsigned_abs() as usize)
            {
                *pixel = ink as u8;
            }
        }
        Ok(())
    }
}
