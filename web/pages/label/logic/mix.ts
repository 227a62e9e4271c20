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
  for (;;) {
    const place = result.length + 1;
    const reasons: Reason[] = place % kAuditEvery === 0 ? ['audit', 'confidence', 'drift']
      : place % 2 === 1 ? ['confidence', 'drift', 'audit'] : ['drift', 'confidence', 'audit'];
    // Where one list has ended the next takes its places.
    const reason = reasons.find((each) => next(each) !== undefined || !lists[each].complete);
    const name = reason && next(reason);
    if (!reason || name === undefined) return result;
    taken.add(name);
    result.push({name, reason});
  }
}
