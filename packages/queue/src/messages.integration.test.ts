import { describe, expect, it } from '@jest/globals';
import { inbox, kinds, setup } from './conformance.fixture.ts';
import { createEventPublisher } from './events/event-publisher.ts';
import { type EventsMessage, executionKey, userKey, type WatchNotice } from './events/messages.ts';
import { createWatchAnnouncer } from './events/watch-announcer.ts';
import { createWatchers } from './events/watchers.ts';

describe.each(kinds)('between processes, by the queue on %s,', (kind) => {
  describe('signals', () => {
    it('reach the listeners of another process, and only those of their topic', async () => {
      await using bench = await setup(kind);
      const heard = inbox<[string, readonly string[]]>();
      const worker = bench.signals({ onCancel: (ids) => heard.put(['cancel', ids]) });
      const api = bench.signals({ onFinished: (ids) => heard.put(['finished', ids]) });
      await Promise.all([worker.ready(), api.ready()]);
      api.publishCancel(['a']);
      expect(await heard.take()).toEqual(['cancel', ['a']]);
      worker.publishFinished(['a', 'b']);
      expect(await heard.take()).toEqual(['finished', ['a', 'b']]);
    });

    it('survive a listener that throws', async () => {
      await using bench = await setup(kind);
      const heard = inbox<readonly string[]>();
      const signals = bench.signals({
        onFinished(ids) {
          heard.put(ids);
          throw new Error('broken listener');
        },
      });
      await signals.ready();
      signals.publishFinished(['a']);
      expect(await heard.take()).toEqual(['a']);
      signals.publishFinished(['b']);
      expect(await heard.take()).toEqual(['b']);
    });
  });

  describe('events', () => {
    it('are sent where somebody said to watch, and only there', async () => {
      await using bench = await setup(kind);
      const heard = inbox<[string, EventsMessage]>();
      const watchers = createWatchers({ monotonicMs: () => performance.now() });
      const noted = inbox<WatchNotice>();
      const worker = bench.signals({
        onWatch(notice) {
          watchers.note(notice);
          noted.put(notice);
        },
      });
      const listen = (address: string) =>
        bench.signals({ events: { address, listener: (message) => heard.put([address, message]) } });
      const [api, other] = [listen('api-1'), listen('api-2')];
      await Promise.all([worker.ready(), api.ready(), other.ready()]);
      const announcer = createWatchAnnouncer({
        address: 'api-1',
        publish: api.publishWatch,
        reportError: api.reportError,
      });
      using _watch = announcer.watch(executionKey('e'), true);
      while (!(await noted.take()).output);
      const publisher = createEventPublisher({
        watchers,
        send: worker.publishEvents,
        reportError: worker.reportError,
      });
      const attempt = { executionId: 'e', userId: 'u', promptId: 'p', attempt: 1 };
      // Longer than a notification of PostgreSQL may be.
      const text = '\u20ac'.repeat(9_000);
      publisher.outputOf(attempt)(text);
      publisher.changed([{ executionId: 'other', userId: 'other' }]);
      publisher.changed([{ executionId: 'e', userId: 'u' }]);
      expect(await heard.take()).toEqual([
        'api-1',
        { output: [{ ...attempt, offset: 0, text }], changed: [{ executionId: 'e', userId: 'u' }] },
      ]);
      await other.publishEvents('api-2', { output: [], changed: [] });
      expect(await heard.take()).toEqual(['api-2', { output: [], changed: [] }]);
    });

    it('are announced again and again as long as somebody watches', async () => {
      await using bench = await setup(kind);
      const noted = inbox<WatchNotice>();
      const signals = bench.signals({ onWatch: noted.put });
      await signals.ready();
      const announcer = createWatchAnnouncer({
        address: 'api-1',
        publish: signals.publishWatch,
        reportError: signals.reportError,
        everyMs: 50,
      });
      announcer.start();
      const watch = announcer.watch(userKey('u'), false);
      const notice = { address: 'api-1', keys: [userKey('u')], output: false };
      expect([await noted.take(), await noted.take()]).toEqual([notice, notice]);
      watch[Symbol.dispose]();
      using _other = announcer.watch(userKey('v'), false);
      for (;;) {
        const { keys } = await noted.take();
        if (keys.includes(userKey('v')) && !keys.includes(userKey('u'))) break;
      }
      announcer.stop();
    });
  });
});
