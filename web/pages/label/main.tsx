import '../../shared/base.css';
import './style/frame.css';
import './style/controls.css';
import './style/label.css';
import './style/grid.css';
import './style/review.css';
import './style/progress.css';
import './style/data.css';
import './style/narrow_lists.css';

import {render} from 'preact';

import {App} from './App';

const root = document.getElementById('app');
if (root) render(<App />, root);
