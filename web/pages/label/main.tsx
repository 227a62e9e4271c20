import '../../shared/base.css';
import './style/frame.css';
import './style/label.css';
import './style/lists.css';

import {render} from 'preact';

import {App} from './App';

const root = document.getElementById('app');
if (root) render(<App />, root);
