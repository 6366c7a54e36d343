import { fileURLToPath } from 'node:url';
import preact from '@preact/preset-vite';
import { defineConfig } from 'vite';

const server = process.env.YOKLAMA_URL ?? 'http://127.0.0.1:8780';

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [preact()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: ['chrome123', 'firefox125', 'safari17.5'],
    // The content security policy allows no data: fonts and no inline scripts.
    assetsInlineLimit: 0,
  },
  server: {
    port: 5178,
    proxy: {
      '/api': { target: server },
      '/docs': { target: server },
      '/socket.io': { target: server, ws: true },
    },
  },
});
