import type { Texts } from './messages.ts';
import type { publishEn, publishErrorsEn } from './publish.en.ts';

/** Kamera olarak kullanılan tarayıcının Türkçe metinleri. */
export const publishTr: Texts<typeof publishEn> = {
  publish: {
    title: 'Bu cihaz kamera olsun',
    lead: 'Görüntü bu bağlantının ait olduğu derse gider, saklanmaz.',
    camera: 'Kamera',
    preview: 'Kameranın görüntüsü',
    start: 'Başlat',
    stop: 'Durdur',
    noCamera: 'Kullanılabilecek kamera yok',
    noCameraHint: 'Adres çubuğundan bu sayfaya kamera izni verin ya da bir kamera takın.',
    insecure: 'Tarayıcı kamerayı yalnız güvenli sayfalara verir: bağlantıyı https ile açın.',
    noLink: 'Bağlantı eksik. Öğretmenden yenisini isteyin.',
    unplugged: 'Kamera çıkarıldı. Başka bir kamera seçin.',
    hidden: 'Bu sayfa arka planda: tarayıcı görüntüyü yavaşlatabilir.',
    connecting: 'Bağlanıyor…',
    publishing: 'Görüntünüz gönderiliyor',
    to: '{{course}} dersine',
    reconnecting: 'Bağlantı koptu; yeniden kuruluyor…',
    ended: 'Artık görüntü gönderilmiyor.',
    framingOk_one: 'Bir yüz iyi görünüyor.',
    framingOk_other: '{{count}} yüz iyi görünüyor.',
    moveCloser: 'Yüzler çok küçük: kamerayı yaklaştırın.',
    nobody: 'Yüz görünmüyor.',
    add: 'Cihaz ekle',
    addLead: 'Bir dizüstü, telefon ya da kodlayıcı bu oturumun kamerası olur.',
    name: 'Cihazın adı',
    nameHint: 'Burada nasıl görmek isterseniz.',
    make: 'Bağlantı oluştur',
    link: 'O cihazda {{time}} içinde açılmalı',
    whip: 'WHIP kullanan kodlayıcılar için',
    token: 'Taşıyıcı anahtar',
    copy: 'Kopyala',
    copied: 'Kopyalandı',
  },
};

export const publishErrorsTr: Texts<typeof publishErrorsEn> = {
  'webrtc-unavailable': 'Bu sunucu tarayıcılardan görüntü almıyor. Sistem yöneticisine danışın.',
  'publish-token-invalid':
    'Bağlantı daha önce kullanılmış ya da süresi dolmuş. Öğretmenden yenisini isteyin.',
  'publisher-not-found': 'Böyle bir cihaz artık yok.',
  'publishers-full': 'Kurumun aynı anda kullanabileceği kadar cihaz yayında.',
  'session-elsewhere': 'Oturum başka bir sunucuda; bu sayfayı orada açın.',
  'publisher-replaced': 'Bunun yerine başka bir cihaz yayında.',
  'sdp-invalid': 'Cihazın görüntü tanımı okunamıyor.',
  'sdp-without-video': 'Cihaz görüntü sunmuyor.',
  'sdp-codec-unsupported': 'Cihaz VP8 ya da H.264 görüntü sunmuyor.',
  'signal-invalid': 'Sunucuyla bağlantıda sorun oldu. Yeniden deneyin.',
};
