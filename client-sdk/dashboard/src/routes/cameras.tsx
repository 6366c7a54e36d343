import { Cctv, Pencil, Plus, ScanEye } from 'lucide';
import { useState } from 'preact/hooks';
import type { Camera, Probe } from '../../../src/index.ts';
import { CameraForm } from '../components/camera-form.tsx';
import { Dialog } from '../components/dialog.tsx';
import { EmptyState, LoadFailed, Skeleton } from '../components/feedback.tsx';
import { Icon } from '../components/icon.tsx';
import { PageHead } from '../components/page.tsx';
import { ProbePicture, probeText } from '../components/probe-picture.tsx';
import { RemoveButton } from '../components/remove-button.tsx';
import { t } from '../i18n/index.ts';
import { cameraErrorText } from '../state/errors.ts';
import { notify } from '../state/notices.ts';
import { useAction, useResource } from '../state/resource.ts';
import { canManage, client } from '../state/session.ts';

export function Cameras() {
  const { data, error, reload } = useResource(() => client.cameras.list({ limit: 100 }), []);
  const [editing, setEditing] = useState<Camera | 'new' | null>(null);
  const add = canManage.value && (
    <button type="button" class="button primary" onClick={() => setEditing('new')}>
      <Icon of={Plus} />
      {t('cameras.add')}
    </button>
  );
  return (
    <div class="page">
      <PageHead title={t('cameras.title')} lead={t('cameras.lead')}>
        {add}
      </PageHead>
      {!data && (error ? <LoadFailed error={error} retry={reload} /> : <Skeleton />)}
      {data?.items.length === 0 && (
        <div class="card">
          <EmptyState icon={Cctv} title={t('cameras.none')} hint={t('cameras.noneHint')}>
            {add}
          </EmptyState>
        </div>
      )}
      <ul class="camera-grid">
        {data?.items.map((camera) => (
          <CameraCard key={camera.id} camera={camera} onEdit={() => setEditing(camera)} onRemoved={reload} />
        ))}
      </ul>
      {editing && (
        <Dialog
          title={editing === 'new' ? t('cameras.add') : t('cameras.editTitle')}
          onClose={() => setEditing(null)}
          wide
        >
          <CameraForm
            camera={editing === 'new' ? null : editing}
            onCancel={() => setEditing(null)}
            onSaved={async () => {
              setEditing(null);
              await reload();
            }}
          />
        </Dialog>
      )}
    </div>
  );
}

interface CameraCardProps {
  camera: Camera;
  onEdit(): void;
  onRemoved(): Promise<void>;
}

function CameraCard({ camera, onEdit, onRemoved }: CameraCardProps) {
  const [probe, setProbe] = useState<Probe | null>(null);
  const action = useAction(async () => {
    setProbe(null);
    setProbe(await client.cameras.probe(camera.id));
  });
  return (
    <li class="card camera-card">
      {probe ? (
        <ProbePicture probe={probe} name={camera.name} />
      ) : (
        <div class="picture">
          {action.busy ? <span class="spinner" /> : <p class="small">{t('cameras.notTried')}</p>}
        </div>
      )}
      <div class="row">
        <div class="grow">
          <h2 class="truncate">{camera.name}</h2>
          <p class="small muted truncate">{[camera.room, camera.url].filter(Boolean).join(' · ')}</p>
        </div>
        <span class="chip" data-tone={camera.enabled ? 'good' : 'still'}>
          {camera.enabled ? t('cameras.enabled') : t('cameras.disabled')}
        </span>
      </div>
      <div role="status">
        {probe && <p class="small">{probeText(probe)}</p>}
        {action.error ? <p class="problem">{cameraErrorText(action.error)}</p> : null}
      </div>
      <div class="row wrap">
        <button type="button" class="button" disabled={action.busy} onClick={() => action.start()}>
          {action.busy ? <span class="spinner" /> : <Icon of={ScanEye} />}
          {action.busy ? t('cameras.probing') : t('cameras.probe')}
        </button>
        {canManage.value && (
          <>
            <button type="button" class="button" onClick={onEdit}>
              <Icon of={Pencil} />
              {t('app.edit')}
            </button>
            <RemoveButton
              title={t('cameras.removeTitle', { name: camera.name })}
              body={t('cameras.removeBody')}
              remove={async () => {
                await client.cameras.remove(camera.id);
                notify(t('cameras.removed', { name: camera.name }));
                await onRemoved();
              }}
            />
          </>
        )}
      </div>
    </li>
  );
}
