import {describe, expect, it} from 'vitest';

import {Api, type Canary} from '../../pages/console/logic/api';
import {ApiError} from '../../shared/apiError';
import {ago, duration, metricValue, percent, title, toneOf} from '../../pages/console/logic/format';
import {followLog, tail} from '../../pages/console/logic/logStream';
import {readRoute, writeRoute} from '../../pages/console/logic/router';
import {accuracyCurve, answerShares, barPairs, lossCurves} from '../../pages/console/logic/series';

describe('addresses', () => {
  it('go there and back, whatever they hold', () => {
    const address = writeRoute('runs', {id: 'run #1 & more', empty: '', none: undefined});
    expect(address).toBe('#/runs?id=run+%231+%26+more');
    expect(readRoute(address)).toEqual({view: 'runs', query: {id: 'run #1 & more'}});
  });

  it('that are none lead to the runs', () => {
    expect(readRoute('').view).toBe('runs');
    expect(readRoute('#/nothing?x=1')).toEqual({view: 'runs', query: {x: '1'}});
    expect(readRoute('#/canary').view).toBe('canary');
  });
});

describe('numbers and times', () => {
  it('read as people say them', () => {
    expect(duration(0.25)).toBe('0.3 s');
    expect(duration(59)).toBe('59 s');
    expect(duration(61)).toBe('1 min 01 s');
    expect(duration(3 * 3600 + 125)).toBe('3 h 02 min');
    expect(percent(0.9312)).toBe('93.1 %');
    expect(percent(0.5, 0)).toBe('50 %');
    const now = Date.parse('2026-11-26T03:00:00Z');
    expect(ago('2026-11-26T02:57:00Z', now)).toMatch(/3 minutes ago/);
    expect(ago('2026-11-25T03:00:00Z', now)).toMatch(/yesterday/);
    expect(ago('no time', now)).toBe('no time');
  });

  it('of metrics are shares where they are', () => {
    expect(metricValue('test_accuracy', 0.9)).toBe('90.0 %');
    expect(metricValue('loss', 0.123456)).toBe('0.1235');
    expect(title('test_accuracy')).toBe('Test accuracy');
  });

  it('have a tone for every word', () => {
    expect(['promoted', 'refused', 'running', 'skipped'].map(toneOf)).toEqual(['good', 'bad', 'busy', 'calm']);
  });
});

describe('charts', () => {
  const epochs = [
    {epoch: 0, train_loss: 0.7, val_loss: 0.6, val_accuracy: 0.5, learning_rate: 0.1, best: false},
    {epoch: 1, train_loss: 0.5, val_loss: null, val_accuracy: null, learning_rate: 0.1, best: false},
  ];

  it('count epochs from one and leave gaps', () => {
    expect(lossCurves(epochs).x).toEqual([1, 2]);
    expect(lossCurves(epochs).series.map(({values}) => values)).toEqual([[0.7, 0.5], [0.6, null]]);
    expect(accuracyCurve(epochs).series[0]?.values).toEqual([50, null]);
  });

  it('show shares of the answers a stretch, versions in their order', () => {
    const canary = {config: {traffic: 0.25, current_version: 10, previous_version: 9, shadow: false}, timeline: {bucket_seconds: 60, buckets: [
      {at: '2026-11-26T03:00:00Z', answers: {'9': 10}},
      {at: '2026-11-26T03:01:00Z', answers: {'9': 30, '10': 10}},
    ]}} as unknown as Canary;
    const {x, series} = answerShares(canary);
    expect(x).toEqual([1795662000, 1795662060]);
    expect(series.map(({label, values}) => [label, values])).toEqual([['version 9', [100, 75]], ['version 10', [0, 25]]]);
    expect(series.map(({color}) => color)).toEqual(['--series-b', '--series-a']);
  });

  it('compare distributions of different size', () => {
    expect(barPairs([{name: 'a', reference: 10, current: 1}, {name: 'b', reference: 30, current: 1}])).toEqual([
      {name: 'a', reference: 0.25, current: 0.5}, {name: 'b', reference: 0.75, current: 0.5}]);
    expect(barPairs([{name: 'a', reference: 0, current: 0}])).toEqual([{name: 'a', reference: 0, current: 0}]);
    expect(barPairs([{name: 'a', reference: 1, current: 2}, {name: 'a', reference: 3, current: 2}])).toEqual([{name: 'a', reference: 1, current: 1}]);
  });
});

describe('the log', () => {
  it('is followed until it ends', () => {
    const listeners: Record<string, (event: unknown) => void> = {};
    let closed = 0;
    const texts: string[] = [];
    let ends = 0;
    const stop = followLog('address', {onText: (text) => texts.push(text), onEnd: () => ends++}, () => ({
      addEventListener: (name: string, listener: unknown) => { listeners[name] = listener as (event: unknown) => void; },
      close: () => { closed++; },
    }));
    listeners['log']?.({data: '"line 1\\nline 2\\n"'});
    expect(texts).toEqual(['line 1\nline 2\n']);
    listeners['end']?.({});
    expect([ends, closed]).toEqual([1, 1]);
    stop();
    expect(closed).toBe(2);
  });

  it('keeps its last lines', () => {
    expect(tail('a\n', 'b\n')).toBe('a\nb\n');
    const lines = Array.from({length: 6000}, (_, index) => `line ${index}\n`).join('');
    const kept = tail('', lines);
    expect(kept.split('\n').length).toBe(5001);
    expect(kept.endsWith('line 5999\n')).toBe(true);
    expect(kept.startsWith('line 1000\n')).toBe(true);
  });
});

describe('the server', () => {
  const answer = (status: number, body: string) => new Response(body, {status});

  it('is asked with the name, and what it refuses is told', async () => {
    const calls: [string, RequestInit][] = [];
    const api = new Api('Zoë', '../', (input, init) => {
      calls.push([input, init]);
      return Promise.resolve(calls.length === 1 ? answer(200, '{"champion": 3}') : answer(409, '{"message": "it is the champion already"}'));
    });
    await api.promote('my model', 3, 'better');
    expect(calls[0]?.[0]).toBe('../api/v1/models/my%20model/promote');
    expect(calls[0]?.[1].body).toBe('{"version":3,"reason":"better"}');
    expect((calls[0]?.[1].headers as Record<string, string>)['X-Annotator']).toBe('ZoÃ«');
    await expect(api.rollBack('m', 'x')).rejects.toMatchObject({status: 409, message: 'it is the champion already'});
  });

  it('that is away, or answers what is not ours, has status 0', async () => {
    const away = new Api('', '../', () => Promise.reject(new Error('refused')));
    await expect(away.runs()).rejects.toBeInstanceOf(ApiError);
    await expect(away.runs()).rejects.toMatchObject({status: 0});
    const other = new Api('', '../', () => Promise.resolve(answer(200, '<html>')));
    await expect(other.runs()).rejects.toMatchObject({status: 0});
  });

  it('finds logs and thumbnails of any name', () => {
    const api = new Api('');
    expect(api.logAddress('run-000001', 'train')).toBe('../api/v1/runs/run-000001/log/train');
    expect(api.thumbnail('a b/ö.png')).toBe('../thumbnails/a%20b%2F%C3%B6.png');
  });
});
