import {createContext} from 'preact';
import {useContext} from 'preact/hooks';

import {en} from './en';
import type {Words} from './words';

export const WordsContext = createContext<Words>(en);
export const LanguageContext = createContext('en');

export function useWords(): Words {
  return useContext(WordsContext);
}

// Numbers and times as the language writes them.
export function useFormat() {
  const language = useContext(LanguageContext);
  return {
    number: (value: number, digits = 0) => new Intl.NumberFormat(language, {maximumFractionDigits: digits, minimumFractionDigits: digits}).format(value),
    percent: (value: number, digits = 0) => new Intl.NumberFormat(language, {style: 'percent', maximumFractionDigits: digits}).format(value),
    time: (at: string) => new Intl.DateTimeFormat(language, {dateStyle: 'medium', timeStyle: 'short'}).format(new Date(at)),
  };
}
