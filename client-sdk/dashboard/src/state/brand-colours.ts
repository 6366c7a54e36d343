/** Colours of an institution made into ones that can be read: its own wherever they may, lighter or darker elsewhere. */
export interface BrandColours {
  primary: string;
  accent: string;
}

type Rgb = readonly [red: number, green: number, blue: number];

const WHITE: Rgb = [255, 255, 255];
const BLACK: Rgb = [0, 0, 0];
/** What text stands on, where contrast is least: `--surface-2` of both appearances, and the text of the story. */
const LIGHT_GROUND: Rgb = [0xee, 0xf2, 0xf3];
const DARK_GROUND: Rgb = [0x1e, 0x27, 0x2c];
const DARK_SURFACE: Rgb = [0x16, 0x1d, 0x21];
const STORY_TEXT: Rgb = [0xe8, 0xf4, 0xf5];

/** What the server answers where the institution has not chosen. */
const NOT_CHOSEN: BrandColours = { primary: '#2f4fd8', accent: '#0f8a6c' };

/** Custom properties of `tokens.css` to be set; none where the institution has no colours of its own. */
export function brandTokens(colours: BrandColours | null): Record<string, string> {
  const primary = colours && parse(colours.primary);
  const second = colours && parse(colours.accent);
  if (!primary || !second || isNotChosen(colours)) return {};
  const light = until(primary, BLACK, LIGHT_GROUND, 5);
  const dark = until(primary, WHITE, DARK_GROUND, 5);
  const lightSoft = mix(WHITE, primary, 0.12);
  const darkSoft = mix(DARK_SURFACE, primary, 0.22);
  const both = (a: Rgb, b: Rgb) => `light-dark(${css(a)}, ${css(b)})`;
  return {
    '--accent': both(light, dark),
    '--accent-strong': both(until(light, BLACK, lightSoft, 6.5), until(dark, WHITE, darkSoft, 6.5)),
    '--on-accent': both(WHITE, until(dark, BLACK, dark, 6)),
    '--accent-soft': both(lightSoft, darkSoft),
    '--focus': both(light, dark),
    '--story': css(until(primary, BLACK, STORY_TEXT, 7)),
    '--story-glow': css(second),
  };
}

const isNotChosen = (colours: BrandColours) =>
  colours.primary.toLowerCase() === NOT_CHOSEN.primary && colours.accent.toLowerCase() === NOT_CHOSEN.accent;

export function parse(colour: string): Rgb | null {
  const found = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(colour);
  if (!found) return null;
  const [red = 0, green = 0, blue = 0] = found.slice(1).map((part) => Number.parseInt(part, 16));
  return [red, green, blue];
}

/** WCAG 2.2, contrast ratio: 1…21. */
export function contrast(a: Rgb, b: Rgb): number {
  const [bright, dim] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (bright + 0.05) / (dim + 0.05);
}

/** WCAG 2.2, relative luminance of sRGB. */
function luminance(colour: Rgb): number {
  const [red = 0, green = 0, blue = 0] = colour.map((channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** The colour moved towards another one, in steps, until it stands out from the ground enough. */
function until(colour: Rgb, towards: Rgb, ground: Rgb, ratio: number): Rgb {
  for (let share = 0; share < 1; share += 0.02) {
    const moved = mix(colour, towards, share);
    if (contrast(moved, ground) >= ratio) return moved;
  }
  return towards;
}

function mix(a: Rgb, b: Rgb, share: number): Rgb {
  const channel = (at: 0 | 1 | 2) => Math.round(a[at] + (b[at] - a[at]) * share);
  return [channel(0), channel(1), channel(2)];
}

const css = (colour: Rgb) => `#${colour.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`;
