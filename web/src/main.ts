import { mount } from 'svelte'
import 'uplot/dist/uPlot.min.css'
import './app.css'
import App from './App.svelte'
import { app } from './lib/state/app.svelte'

app.start()
mount(App, { target: document.getElementById('app') as HTMLElement })
