import '../../shared/base.css';
import '../label/style/frame.css';
import '../label/style/controls.css';
import 'uplot/dist/uPlot.min.css';
import './style/console.css';
import './style/runs.css';
import './style/models.css';
import './style/drift.css';
import './style/canary.css';

import {render} from 'preact';

import {App} from './App';

const root = document.getElementById('app');
if (root) render(<App />, root);
