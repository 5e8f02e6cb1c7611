import{a as n,b,c as g,d as $,e as f,f as y}from"./part-A6MW2BFC.js";import{a as d}from"./part-3GB2GY6H.js";import"./part-2E4IE5WG.js";import"./part-T7TGK4QX.js";import{a,d as r,m as c,n as p,r as u,t as m,w}from"./part-2XPZEQ4V.js";import"./part-MRKGK5YO.js";var v={current:"periods that hold today",all:"all periods"},q=/^\d{4}-\d\d-\d\d\.\.\d{4}-\d\d-\d\d$/,l=class extends p{#b=null;#e=null;#r=null;#c=new Map;#h=!1;#p=!1;#d=0;listenTo(t){this.#b=t,t.onPaint(({ids:e})=>{!e.size||this.#h||!this.#e||(this.#h=!0,this.requestUpdate())}),c("/v1/metrics").then(e=>{this.#c=e,this.requestUpdate()},()=>{}),addEventListener("popstate",()=>this.#n()),this.#n()}get isReady(){return this.#b!==null}get#t(){return new URLSearchParams(location.search)}get#a(){return this.#t.get("leaderboard")==="1"}get#i(){return this.#a?"owner":this.#t.get("by")??"owner"}get#s(){return this.#t.get("period")??"current"}get#o(){return this.#t.get("compare")!=="none"}get#u(){return this.#t.get("sort")??"actual"}get#m(){return this.#t.get("order")!=="rising"}get#g(){let t=this.#t.get("metric");return{by:this.#i,...t&&{metric:t},...this.#s!=="all"&&{period:this.#s},...this.#o&&{compare:"previous"}}}async#n(){let t=++this.#d;this.#p=!0,this.requestUpdate();try{let e=await d(this.#g);if(t!==this.#d)return;this.#e=e,this.#r=null,this.#h=!1}catch(e){if(t!==this.#d)return;this.#e=null,this.#r=e}this.#p=!1,this.requestUpdate()}render(){let t=this.#i;return a`<h1 class="screen-title">${this.#a?"Leaderboard":`Attainment by ${(n[t]??t).toLowerCase()}`}</h1>
      <p class="about">${this.#w()}</p>
      ${this.#v()}
      ${this.#r?a`<p class="fault" role="alert">The report could not be read: ${this.#r.message} <button type="button" @click=${()=>this.#n()}>Try again</button></p>`:r}
      <div aria-busy=${String(this.#p)}>${this.#q()}</div>`}#w(){let t=this.#t.get("metric"),e=[t?this.#c.get(t)?.name??t:"all metrics",v[this.#s]??this.#s.replace(".."," to ")];return this.#o&&e.push("beside the period before"),this.#e&&e.push(`as of ${new Date(this.#e.as_of).toLocaleDateString()}, ${m(new Date(this.#e.as_of))}`),e.join(" · ")}#v(){let t=this.#t.get("metric")??"",e=new URLSearchParams(this.#g);return a`<div class="tools" role="group" aria-label="The report">
      <label>By <select name="by" ?disabled=${this.#a} @change=${this.#$}>
        ${Object.entries(n).map(([s,i])=>a`<option value=${s} ?selected=${s===this.#i}>${i.toLowerCase()}</option>`)}
      </select></label>
      <label>Metric <select name="metric" @change=${this.#$}>
        <option value="">all</option>
        ${[...this.#c.values()].map(s=>a`<option value=${s.id} ?selected=${s.id===t}>${s.name}</option>`)}
      </select></label>
      ${this.#S()}
      <label><input type="checkbox" .checked=${this.#o} @change=${()=>this.#l({compare:this.#o?"none":null})}> the period before</label>
      <label><input type="checkbox" .checked=${this.#a} @change=${()=>this.#l({leaderboard:this.#a?null:"1"})}> leaderboard</label>
      <span class="as-of">
        ${this.#h?a`<button type="button" @click=${()=>this.#n()}>Numbers have changed: read again</button>`:r}
        <a href="/v1/reports/attainment?${e}&format=csv" download>CSV</a>
        <a href="/v1/reports/attainment?${e}&format=xlsx" download>Excel</a>
        <button type="button" @click=${()=>print()}>Print</button>
      </span>
    </div>`}#S(){let[t,e]=q.test(this.#s)?this.#s.split(".."):["",""];return a`<label>Of <select name="period" @change=${this.#O}>
        ${Object.entries(v).map(([s,i])=>a`<option value=${s} ?selected=${s===this.#s}>${i}</option>`)}
        <option value="days" ?selected=${t!==""}>chosen days</option>
      </select></label>
      ${t?a`<label>from <input type="date" name="first" .value=${t} @change=${this.#f}></label>
          <label>to <input type="date" name="last" .value=${e} @change=${this.#f}></label>`:r}`}#q(){if(!this.#e)return this.#r?r:a`<p class="empty">Reading the report …</p>`;let t=this.#e.items.map(i=>$(i,this.#i));if(t.length===0)return a`<p class="empty">No goal that you may read is of this metric and period. Choose others above.</p>`;let e=f(t,this.#u,this.#m),s={by:this.#i,hasBefore:this.#o,sort:this.#u,isFalling:this.#m,onSort:i=>this.#L(i)};return a`${this.#a?L(e):g(e,`Attainment by ${this.#i}`)}
      ${b(e,s)}`}#L(t){let e=t===this.#u?!this.#m:t!=="label";this.#y({sort:t,order:e?null:"rising"}),this.requestUpdate()}#$(t){let{name:e,value:s}=t.target;this.#l({[e]:s||null})}#O(t){let{value:e}=t.target,s=new Date().getFullYear();this.#l({period:e==="days"?`${s}-01-01..${s}-12-31`:e})}#f(){let t=e=>this.querySelector(`input[name=${e}]`).value;t("first")&&t("last")&&this.#l({period:`${t("first")}..${t("last")}`})}#l(t){this.#y(t),this.#n()}#y(t){let e=this.#t;for(let[i,o]of Object.entries(t))o===null?e.delete(i):e.set(i,o);let s=e.toString();history.replaceState(null,"",location.pathname+(s&&`?${s}`))}};function L(h){let t=h.map(e=>({...e,people:y(e.lines)})).filter(({people:e})=>e.length>0);return a`<section class="leaderboard">
    <p class="note">Only this address shows who is first: ranking people by name is for teams that want it. It goes by the share of
      one's own target, of goals that one owns.</p>
    ${t.length===0?a`<p class="empty">No person here has a goal with a target.</p>`:r}
    ${t.map(({metric:e,people:s})=>a`<h2>${e.name}</h2>
      <ol>${s.map(({place:i,line:o})=>a`<li>
        <span class="place">${i}</span><span class="label">${o.label}</span>
        <span class="share">${u(o.percentage)} %</span>
      </li>`)}</ol>`)}
  </section>`}customElements.define("attainment-report",l);var S=new w,O=document.querySelector("attainment-report");O.listenTo(S);S.start();
