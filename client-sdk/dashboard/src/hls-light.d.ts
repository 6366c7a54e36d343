/** The smaller build: without subtitles, several sound tracks and protected media. */
declare module 'hls.js/light' {
  export { default } from 'hls.js';
}
