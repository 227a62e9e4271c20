import type {Answer} from '../../shared/predictionApi';

export type State =
  | {kind: 'empty'}
  | {kind: 'waiting'}
  | {kind: 'answer'; answer: Answer; milliseconds: number}
  | {kind: 'error'; message: string};

interface BarProps {
  name: string;
  value: number;
  ends?: [string, string];
}

function Bar({name, value, ends}: BarProps) {
  const percent = Math.round(value * 1000) / 10;
  return (
    <div class="bar">
      <div class="bar-head">
        <span>{name}</span>
        <span class="number">{value.toFixed(value > 0 && value < 0.01 ? 4 : 3)}</span>
      </div>
      <div class="track" role="meter" aria-label={name} aria-valuemin={0} aria-valuemax={1} aria-valuenow={value}>
        <div class="fill" style={{width: `${percent}%`}} />
      </div>
      {ends && (
        <div class="ends" aria-hidden="true">
          <span>{ends[0]}</span>
          <span>{ends[1]}</span>
        </div>
      )}
    </div>
  );
}

// With two classes the score is the probability of the second one: of cats and dogs we know which that is.
function Scores({answer}: {answer: Answer}) {
  if (answer.scores) {
    return (
      <>
        {Object.entries(answer.scores).map(([name, value]) => (
          <Bar key={name} name={name} value={value} />
        ))}
      </>
    );
  }
  const catOrDog = answer.animal === 'CAT' || answer.animal === 'DOG';
  return <Bar name="Score" value={answer.score} ends={catOrDog ? ['CAT 0', 'DOG 1'] : ['0', '1']} />;
}

function time(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.max(1, Math.round(milliseconds))} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

function Answered({answer, milliseconds}: {answer: Answer; milliseconds: number}) {
  return (
    <>
      <p class={answer.animal.length > 8 ? 'label long' : 'label'}>
        <span class="only-heard">The picture shows: </span>
        {answer.animal}
      </p>
      <Scores answer={answer} />
      <dl>
        <div>
          <dt>Version</dt>
          <dd>{answer.version}</dd>
        </div>
        <div>
          <dt>Time</dt>
          <dd>{time(milliseconds)}</dd>
        </div>
      </dl>
    </>
  );
}

// The API's messages are parts of sentences.
function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function Outcome({state}: {state: State}) {
  return (
    <section class="outcome" aria-label="Answer">
      <div aria-live="polite" aria-busy={state.kind === 'waiting'}>
        {state.kind === 'empty' && <p class="quiet">What the model says is shown here.</p>}
        {state.kind === 'waiting' && <p class="quiet waiting">Looking at the picture…</p>}
        {state.kind === 'answer' && <Answered answer={state.answer} milliseconds={state.milliseconds} />}
      </div>
      {state.kind === 'error' && (
        <div class="error" role="alert">
          <strong>No answer</strong>
          <p>{sentence(state.message)}</p>
        </div>
      )}
    </section>
  );
}
