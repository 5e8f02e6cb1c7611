import{a as n,b,c as g,d as $,e as f,f as y}from"./part-QN6YNQ4D.js";import{a as d}from"./part-W6XRNIOG.js";import"./part-2E4IE5WG.js";import"./part-T7S3ARZQ.js";import{A as u,C as m,F as w,a as i,d as r,o as c,p}from"./part-4R3YFGK4.js";import"./part-MRKGK5YO.js";var v={current:"periods that hold today",all:"all periods"},q=/^\d{4}-\d\d-\d\d\.\.\d{4}-\d\d-\d\d$/,l=class extends p{#e=null;#r=null;#c=new Map;#b=!1;#h=!1;#p=!1;#d=0;listenTo(t){t.onPaint(({ids:s})=>{!s.size||this.#h||!this.#e||(this.#h=!0,this.requestUpdate())}),addEventListener("popstate",()=>this.#n());let e=c("/v1/metrics").then(s=>this.#c=s,()=>{});Promise.all([this.#n(),e]).then(()=>{this.#b=!0,this.requestUpdate()})}get isReady(){return this.#b}get#t(){return new URLSearchParams(location.search)}get#i(){return this.#t.get("leaderboard")==="1"}get#a(){return this.#i?"owner":this.#t.get("by")??"owner"}get#s(){return this.#t.get("period")??"current"}get#o(){return this.#t.get("compare")!=="none"}get#u(){return this.#t.get("sort")??"actual"}get#m(){return this.#t.get("order")!=="rising"}get#g(){let t=this.#t.get("metric");return{by:this.#a,...t&&{metric:t},...this.#s!=="all"&&{period:this.#s},...this.#o&&{compare:"previous"}}}async#n(){let t=++this.#d;this.#p=!0,this.requestUpdate();try{let e=await d(this.#g);if(t!==this.#d)return;this.#e=e,this.#r=null,this.#h=!1}catch(e){if(t!==this.#d)return;this.#e=null,this.#r=e}this.#p=!1,this.requestUpdate()}render(){let t=this.#a;return i`<h1 class="screen-title">${this.#i?"Leaderboard":`Attainment by ${(n[t]??t).toLowerCase()}`}</h1>
      <p class="about">${this.#w()}</p>
      ${this.#v()}
      ${this.#r?i`<p class="fault" role="alert">The report could not be read: ${this.#r.message} <button type="button" @click=${()=>this.#n()}>Try again</button></p>`:r}
      <div aria-busy=${String(this.#p)}>${this.#q()}</div>`}#w(){let t=this.#t.get("metric"),e=[t?this.#c.get(t)?.name??t:"all metrics",v[this.#s]??this.#s.replace(".."," to ")];return this.#o&&e.push("beside the period before"),this.#e&&e.push(`as of ${new Date(this.#e.as_of).toLocaleDateString()}, ${m(new Date(this.#e.as_of))}`),e.join(" · ")}#v(){let t=this.#t.get("metric")??"",e=new URLSearchParams(this.#g);return i`<div class="tools" role="group" aria-label="The report">
      <label>By <select name="by" ?disabled=${this.#i} @change=${this.#$}>
        ${Object.entries(n).map(([s,a])=>i`<option value=${s} ?selected=${s===this.#a}>${a.toLowerCase()}</option>`)}
      </select></label>
      <label>Metric <select name="metric" @change=${this.#$}>
        <option value="">all</option>
        ${[...this.#c.values()].map(s=>i`<option value=${s.id} ?selected=${s.id===t}>${s.name}</option>`)}
      </select></label>
      ${this.#S()}
      <label><input type="checkbox" .checked=${this.#o} @change=${()=>this.#l({compare:this.#o?"none":null})}> the period before</label>
      <label><input type="checkbox" .checked=${this.#i} @change=${()=>this.#l({leaderboard:this.#i?null:"1"})}> leaderboard</label>
      <span class="as-of">
        ${this.#h?i`<button type="button" @click=${()=>this.#n()}>Numbers have changed: read again</button>`:r}
        <a href="/v1/reports/attainment?${e}&format=csv" download>CSV</a>
        <a href="/v1/reports/attainment?${e}&format=xlsx" download>Excel</a>
        <button type="button" @click=${()=>print()}>Print</button>
      </span>
    </div>`}#S(){let[t,e]=q.test(this.#s)?this.#s.split(".."):["",""];return i`<label>Of <select name="period" @change=${this.#O}>
        ${Object.entries(v).map(([s,a])=>i`<option value=${s} ?selected=${s===this.#s}>${a}</option>`)}
        <option value="days" ?selected=${t!==""}>chosen days</option>
      </select></label>
      ${t?i`<label>from <input type="date" name="first" .value=${t} @change=${this.#f}></label>
          <label>to <input type="date" name="last" .value=${e} @change=${this.#f}></label>`:r}`}#q(){if(!this.#e)return this.#r?r:i`<p class="empty">Reading the report …</p>`;let t=this.#e.items.map(a=>$(a,this.#a));if(t.length===0)return i`<p class="empty">No goal that you may read is of this metric and period. Choose others above.</p>`;let e=f(t,this.#u,this.#m),s={by:this.#a,hasBefore:this.#o,sort:this.#u,isFalling:this.#m,onSort:a=>this.#L(a)};return i`${this.#i?L(e):g(e,`Attainment by ${this.#a}`)}
      ${b(e,s)}`}#L(t){let e=t===this.#u?!this.#m:t!=="label";this.#y({sort:t,order:e?null:"rising"}),this.requestUpdate()}#$(t){let{name:e,value:s}=t.target;this.#l({[e]:s||null})}#O(t){let{value:e}=t.target,s=new Date().getFullYear();this.#l({period:e==="days"?`${s}-01-01..${s}-12-31`:e})}#f(){let t=e=>this.querySelector(`input[name=${e}]`).value;t("first")&&t("last")&&this.#l({period:`${t("first")}..${t("last")}`})}#l(t){this.#y(t),this.#n()}#y(t){let e=this.#t;for(let[a,o]of Object.entries(t))o===null?e.delete(a):e.set(a,o);let s=e.toString();history.replaceState(null,"",location.pathname+(s&&`?${s}`))}};function L(h){let t=h.map(e=>({...e,people:y(e.lines)})).filter(({people:e})=>e.length>0);return i`<section class="leaderboard">
    <p class="note">Only this address shows who is first: ranking people by name is for teams that want it. It goes by the share of
      one's own target, of goals that one owns.</p>
    ${t.length===0?i`<p class="empty">No person here has a goal with a target.</p>`:r}
    ${t.map(({metric:e,people:s})=>i`<h2>${e.name}</h2>
      <ol>${s.map(({place:a,line:o})=>i`<li>
        <span class="place">${a}</span><span class="label">${o.label}</span>
        <span class="share">${u(o.percentage)} %</span>
      </li>`)}</ol>`)}
  </section>`}customElements.define("attainment-report",l);var S=new w,O=document.querySelector("attainment-report");O.listenTo(S);S.start();
