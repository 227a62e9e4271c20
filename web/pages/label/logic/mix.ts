// Production's predictions to look at: the least sure and the most drifted by turns, and every tenth at random, so that
// what the model is sure of is looked at too.

export type Reason = 'confidence' | 'drift' | 'audit';

export interface Mixed {
  name: string;
  reason: Reason;
}

const kAuditEvery = 10;

// The order does not depend on how much of the lists is read: it ends where one that is not complete would be needed.
export function mixed(lists: Readonly<Record<Reason, {names: readonly string[]; complete: boolean}>>): Mixed[] {
  const result: Mixed[] = [];
  const taken = new Set<string>();
  const at: Record<Reason, number> = {confidence: 0, drift: 0, audit: 0};
  const next = (reason: Reason): string | undefined => {
    const {names} = lists[reason];
    while (at[reason] < names.length && taken.has(names[at[reason]] ?? '')) at[reason] += 1;
    return names[at[reason]];
  };
  for (let turn = 1; ; ++turn) {
    const reason: Reason = turn % kAuditEvery === 0 ? 'audit' : turn % 2 === 1 ? 'confidence' : 'drift';
    const name = next(reason);
    if (name === undefined) {
      if (!lists[reason].complete) return result;
      if (turn % kAuditEvery === 0 || turn % 2 === 0) {
        if ((['confidence', 'drift', 'audit'] as const).every((other) => next(other) === undefined)) return result;
      }
      continue;
    }
    taken.add(name);
    result.push({name, reason});
  }
}
