/**
 * The people of the demo: faces in the sample photos that a public npm package carries, under invented names.
 * The boxes were marked by hand on exactly these files, which is why their hashes stand here.
 */

export const PHOTO_PACKAGE = '@vladmandic/face-api@1.7.15';

export const PHOTOS = {
  sample3: {
    path: 'demo/sample3.jpg',
    bytes: 221049,
    sha256: '8eb081c9efb14370fa94d9feab9e5fbeafd19a627491853a80c2bf67f7ffa936',
  },
  sample4: {
    path: 'demo/sample4.jpg',
    bytes: 210824,
    sha256: '729efa5923061d40eb4ed5f267a18cc7b8ba6f852bb2757b16d8b7e4937476fc',
  },
  sample5: {
    path: 'demo/sample5.jpg',
    bytes: 166400,
    sha256: '6d45095ebb182d8f975c0790e0e4eefd86fbb40609cf4b271776d92e12662938',
  },
  sample6: {
    path: 'demo/sample6.jpg',
    bytes: 302445,
    sha256: '9baad80f9d5e306fb9b8c0913d44445f1e95848df317530efb03d0934c57ba87',
  },
} as const;

export type PhotoName = keyof typeof PHOTOS;

export type Role = 'present' | 'late' | 'leaving' | 'absent' | 'stranger';

export interface Person {
  /** Also the student number. */
  id: string;
  name: string;
  role: Role;
  photo: PhotoName;
  /** The face from brow to chin in the photo, pixels: left, top, width, height. */
  face: readonly [x: number, y: number, width: number, height: number];
  /** Degrees that the head turns by while its owner looks at something else for a while. */
  looksAway?: number;
}

export const PEOPLE: readonly Person[] = [
  { id: '2301', name: 'Ayşe Yılmaz', role: 'present', photo: 'sample3', face: [592, 340, 210, 265] },
  { id: '2302', name: 'Zeynep Kaya', role: 'present', photo: 'sample3', face: [1076, 245, 235, 265] },
  { id: '2303', name: 'Elif Şahin', role: 'present', photo: 'sample3', face: [1515, 325, 175, 255] },
  { id: '2304', name: 'Defne Çelik', role: 'late', photo: 'sample4', face: [665, 75, 190, 240] },
  {
    id: '2305',
    name: 'Merve Öztürk',
    role: 'present',
    photo: 'sample4',
    face: [985, 175, 190, 240],
    looksAway: 40,
  },
  { id: '2306', name: 'Büşra Aydın', role: 'present', photo: 'sample5', face: [385, 890, 185, 285] },
  {
    id: '2307',
    name: 'İrem Doğan',
    role: 'present',
    photo: 'sample5',
    face: [615, 425, 155, 255],
    looksAway: -40,
  },
  { id: '2308', name: 'Gizem Kılıç', role: 'present', photo: 'sample5', face: [785, 125, 165, 210] },
  { id: '2309', name: 'Selin Koç', role: 'leaving', photo: 'sample5', face: [1118, 225, 165, 220] },
  { id: '2310', name: 'Pınar Güneş', role: 'present', photo: 'sample5', face: [1402, 395, 185, 285] },
  {
    id: '2311',
    name: 'Nehir Uçar',
    role: 'present',
    photo: 'sample6',
    face: [252, 490, 220, 270],
    looksAway: -40,
  },
  { id: '2312', name: 'Tuğçe Işık', role: 'present', photo: 'sample6', face: [668, 350, 170, 285] },
  { id: '2313', name: 'Ceren Ağaoğlu', role: 'absent', photo: 'sample4', face: [272, 205, 160, 245] },
  { id: '', name: '', role: 'stranger', photo: 'sample6', face: [1475, 300, 225, 265] },
];
