import { describe, expect, it } from '@jest/globals';
import { maxWebhookUrlLength, readWebhookUrl } from './read-webhook-url.ts';

const strict = { allowPrivate: false };
const lenient = { allowPrivate: true };

describe('readWebhookUrl', () => {
  it.each([
    ['https://example.com', 'https://example.com/'],
    ['https://EXAMPLE.com:443/a?b=c', 'https://example.com/a?b=c'],
    ['https://bücher.example.com/', 'https://xn--bcher-kva.example.com/'],
    ['https://example.com./', 'https://example.com./'],
    ['https://8.8.8.8/', 'https://8.8.8.8/'],
    ['https://[2606:4700:4700::1111]/', 'https://[2606:4700:4700::1111]/'],
  ])('takes %s', (text, url) => {
    expect(readWebhookUrl(text, strict)).toEqual({ ok: true, url });
  });

  it.each([
    '',
    'example.com',
    '//example.com',
    'http://example.com/',
    'file:///etc/passwd',
    'ftp://example.com/',
    'javascript:alert(1)',
    'https://user@example.com/',
    'https://user:pass@example.com/',
    'https://:pass@example.com/',
    'https://example.com/#part',
    'https://example.com:8443/',
    'https://example.com:6379/',
    'https://example.com:80/',
    'https://localhost/',
    'https://localhost./',
    'https://LOCALHOST/',
    'https://a.localhost/',
    'https://intranet/',
    'https://printer.local/',
    'https://metadata.google.internal/',
    'https://router.home.arpa/',
    'https://127.0.0.1/',
    'https://127.1/',
    'https://0177.0.0.1/',
    'https://0x7f.0.0.1/',
    'https://2130706433/',
    'https://0/',
    'https://１２７.0.0.1/',
    'https://127。0。0。1/',
    'https://10.0.0.1/',
    'https://169.254.169.254/latest/meta-data/',
    'https://[::1]/',
    'https://[::]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:7f00:1]/',
    'https://[64:ff9b::7f00:1]/',
    'https://[fd00::1]/',
    'https://[fe80::1%25eth0]/',
    `https://example.com/${'a'.repeat(maxWebhookUrlLength)}`,
  ])('refuses %s, and says why', (text) => {
    expect(readWebhookUrl(text, strict)).toEqual({ ok: false, problem: expect.stringMatching(/^must /) });
  });

  it('lets private addresses and other ports pass where the operator allows them, and nothing else', () => {
    expect(readWebhookUrl('https://127.0.0.1:8443/a', lenient)).toMatchObject({ ok: true });
    expect(readWebhookUrl('https://localhost/', lenient)).toMatchObject({ ok: true });
    expect(readWebhookUrl('http://localhost/', lenient)).toMatchObject({ ok: false });
    expect(readWebhookUrl('https://user@localhost/', lenient)).toMatchObject({ ok: false });
  });
});
