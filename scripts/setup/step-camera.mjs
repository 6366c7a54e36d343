import { canInstall, install, missingPackages } from './apt.mjs';
import { SetupError, say } from './report.mjs';
import { answers, inCi } from './run.mjs';

const PACKAGES = [
  'python3-gi',
  'gir1.2-gst-rtsp-server-1.0',
  'gstreamer1.0-plugins-base',
  'gstreamer1.0-plugins-good',
  'gstreamer1.0-plugins-bad',
  // an encoder that publishes over WHIP
  'gir1.2-gst-plugins-bad-1.0',
  'gstreamer1.0-nice',
];
const PROBE =
  "import gi; gi.require_version('Gst','1.0'); gi.require_version('GstRtspServer','1.0'); from gi.repository import GstRtspServer";

/** The RTSP camera that tests film with: GStreamer's RTSP server under Debian's own Python. */
export const camera = {
  title: 'looking for the RTSP test camera',
  done: () => answers('/usr/bin/python3', '-c', PROBE) && missingPackages(PACKAGES).length === 0,
  async carryOut() {
    const missing = missingPackages(PACKAGES);
    if (canInstall() && (await install(missing.length > 0 ? missing : PACKAGES))) return;
    if (inCi) throw new SetupError(`CI needs the RTSP test camera: ${PACKAGES.join(' ')}`);
    say(
      'left out: the suites that film an RTSP camera or publish from an encoder. They need Debian packages, and installing them needs root and apt:',
    );
    say(`  apt-get install --no-install-recommends ${PACKAGES.join(' ')}`);
  },
};
