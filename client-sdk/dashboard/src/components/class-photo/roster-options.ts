import type { ProposedFace, Student } from '../../../../src/index.ts';
import { compare } from '../../i18n/format.ts';
import { t } from '../../i18n/index.ts';
import { type Names, obstacle } from '../../state/class-photo.ts';
import type { ComboOption } from '../combobox.tsx';

interface Asked {
  roster: readonly Student[];
  face: ProposedFace;
  names: Names;
  enrolled: Names;
  /** Numbers of the faces, from 1. */
  indexOf: ReadonlyMap<string, number>;
}

/** Who a face can be: the suggestion first, then who has no photo yet; who cannot be named last, with the reason. */
export function rosterOptions({ roster, face, names, enrolled, indexOf }: Asked): ComboOption[] {
  const faceOf = new Map([...names].map(([faceId, studentId]) => [studentId, faceId]));
  const done = new Set(enrolled.values());
  const found = roster.map((student) => {
    const { id, name, number, faceTemplates } = student;
    const hindered = done.has(id) ? 'done' : obstacle(student);
    const elsewhere = faceOf.get(id);
    const suggested = face.suggestion?.studentId === id;
    const notes = [
      number,
      suggested && t('classPhoto.suggested'),
      hindered && t(`classPhoto.${hindered}`),
      !hindered && faceTemplates > 0 && t('students.photos', { count: faceTemplates }),
      elsewhere !== undefined &&
        elsewhere !== face.id &&
        t('classPhoto.namedElsewhere', { index: indexOf.get(elsewhere) ?? 0 }),
    ];
    const rank = hindered ? 4 : elsewhere !== undefined ? 3 : suggested ? 0 : faceTemplates > 0 ? 2 : 1;
    const detail = notes.filter(Boolean).join(' · ');
    return { rank, option: { value: id, label: name, detail, disabled: hindered !== null } };
  });
  return found
    .sort((a, b) => a.rank - b.rank || compare(a.option.label, b.option.label))
    .map(({ option }) => option);
}
