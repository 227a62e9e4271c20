import {useWords} from '../words/useWords';

// Without a token: says where the link is, and takes the token itself.
export function Login() {
  const words = useWords();
  return (
    <main class="alone">
      <h1>{words.loginTitle}</h1>
      <p>{words.loginText}</p>
      <form method="get" action="login">
        <label>
          {words.loginField}
          <input name="token" type="password" required autocomplete="current-password" spellcheck={false} />
        </label>
        <button type="submit">{words.loginButton}</button>
      </form>
      <p class="faint">{words.loginKept}</p>
    </main>
  );
}
