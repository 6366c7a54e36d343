import { Dialog } from './dialog.tsx';
import { RecordForm, type RecordFormProps } from './record-form.tsx';
import { RemoveButton } from './remove-button.tsx';

interface RecordDialogProps extends Omit<RecordFormProps, 'onCancel'> {
  title: string;
  /** Null for what is new. */
  removal: { title: string; body: string; remove(): Promise<void> } | null;
  onClose(): void;
}

/** One thing of a list: its form, and below it the way to remove it where it is there already. */
export function RecordDialog({ title, removal, onClose, ...form }: RecordDialogProps) {
  return (
    <Dialog title={title} onClose={onClose}>
      <RecordForm {...form} onCancel={onClose} />
      {removal && (
        <div class="dialog-extra">
          <RemoveButton {...removal} />
        </div>
      )}
    </Dialog>
  );
}
