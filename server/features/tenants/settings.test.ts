import { describe, expect, it } from 'vitest';
import { mergeSettings, SETTINGS_DEFAULTS, tenantSettings } from './settings.ts';

describe('settings of an institution', () => {
  it('are the defaults where nothing was set', () => {
    expect(tenantSettings({ settings: {} })).toEqual(SETTINGS_DEFAULTS);
  });

  it('keep what was set, key by key, and leave out what no longer fits', () => {
    const settings = { colours: { primary: '#000000', accent: 'blue' }, gone: { a: 1 } };
    const read = tenantSettings({ settings });
    expect(read.colours).toEqual({ primary: '#000000', accent: SETTINGS_DEFAULTS.colours.accent });
    expect(read).not.toHaveProperty('gone');
  });

  it('store only what was ever set', () => {
    const first = mergeSettings({}, { warnings: { absences: 5 } });
    expect(first).toEqual({ warnings: { absences: 5 } });
    expect(mergeSettings(first, { warnings: { enabled: false } })).toEqual({
      warnings: { absences: 5, enabled: false },
    });
  });
});
