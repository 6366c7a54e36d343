/**
 * `npm run bench [-- NAME …] [--seconds N] [--json FILE]`: figures of this machine, as tables and as JSON.
 * Every bench prints what it compares with in the same run; bare times of another day say little.
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { loadConfig } from '../../config/index.ts';
import { loadFaceModels } from '../../models/face-models.ts';
import { benchCamera, printCamera } from './camera.ts';
import { benchCapacity, printCapacity } from './capacity.ts';
import { benchClassrooms, printClassrooms } from './classrooms.ts';
import { benchLatency, printLatency } from './latency.ts';
import { benchLoad, printLoad } from './load.ts';
import { benchScene, enrolAll } from './scene.ts';
import { benchWebRtc, printWebRtc } from './webrtc.ts';

const names = ['camera', 'capacity', 'latency', 'classrooms', 'load', 'webrtc'] as const;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '40' },
    seeds: { type: 'string', default: '1,2,3,4,5' },
    json: { type: 'string' },
    /** Of `webrtc`: how many at the same time. */
    publishers: { type: 'string', default: '1,5,10,20' },
    /** Of `load`: endpoints whose names fit. */
    only: { type: 'string' },
    /** Of `load`: keep the data there for the next run. */
    data: { type: 'string' },
  },
});
const wanted = positionals.length > 0 ? positionals : [...names];
const unknown = wanted.filter((name) => !names.some((known) => known === name));
if (unknown.length > 0) {
  console.error(`bench: there is no ${unknown.join(', ')}; known: ${names.join(', ')}`);
  process.exit(2);
}
const seconds = Number(values.seconds);
const results: Record<string, unknown> = {
  machine: { cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, node: process.version },
};
console.log(`${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}\n`);

if (wanted.some((name) => ['camera', 'capacity', 'latency'].includes(name))) {
  const scene = await benchScene();
  const config = loadConfig();
  const models = await loadFaceModels({ pack: config.models.pack, dir: config.models.dir });
  const gallery = await enrolAll(models, scene.people);
  console.log(`1080p25 H.264 over RTSP, ${scene.faces} faces: ${scene.origin}\n`);
  if (wanted.includes('camera')) {
    const figures = await benchCamera(scene, models, gallery, seconds);
    results.camera = figures;
    console.log(`## One camera\n\n${printCamera(figures)}\n`);
  }
  await models.dispose();
  if (wanted.includes('capacity')) {
    const figures = await benchCapacity(scene, gallery, Math.min(20, seconds), 8);
    results.capacity = figures;
    console.log(`## Cameras at 2 fps on one worker until frames are dropped\n\n${printCapacity(figures)}\n`);
  }
  if (wanted.includes('latency')) {
    const figures = await benchLatency(scene, seconds);
    results.latency = figures;
    console.log(`## Camera frame → socket, 5 fps over RTSP\n\n${printLatency(figures)}\n`);
  }
}
if (wanted.includes('classrooms')) {
  const figures = benchClassrooms(values.seeds.split(',').map(Number));
  results.classrooms = figures;
  console.log(`## Attendance on rendered classrooms, 5 fps\n\n${printClassrooms(figures)}\n`);
}
if (wanted.includes('load')) {
  const only = values.only ? new RegExp(values.only) : undefined;
  const figures = await benchLoad(Math.min(4, seconds), { only, folder: values.data });
  results.load = figures;
  console.log(`## Lists, statistics and reports under load\n\n${printLoad(figures)}\n`);
}
if (wanted.includes('webrtc')) {
  const figures = await benchWebRtc(Math.min(20, seconds), values.publishers.split(',').map(Number));
  if (typeof figures === 'string') console.log(`## Browsers as cameras\n\nleft out: ${figures}\n`);
  else {
    results.webrtc = figures;
    console.log(`## Browsers as cameras\n\n${printWebRtc(figures)}\n`);
  }
}
if (values.json) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
process.exit(0);
