import{F as d,a as s,d as o,m as n,o as l,p as i}from"./part-4R3YFGK4.js";import"./part-MRKGK5YO.js";var r=class extends i{#e=null;#s=null;#t=null;#a=null;listenTo(t){this.#e=t,t.onPaint(()=>this.requestUpdate()),this.#r()}get isReady(){return this.#s!==null||this.#t!==null}async#r(){try{let t=[...(await l("/v1/dashboards")).values()].sort((e,a)=>e.name.localeCompare(a.name,void 0,{numeric:!0}));t.some(e=>e.owner!==null)&&await this.#e?.directory.read().catch(()=>{}),this.#s=t}catch(t){this.#t=t}this.requestUpdate()}render(){return s`<h1 class="screen-title">Dashboards</h1>
      <form class="tools" @submit=${this.#n}>
        <label>New dashboard <input type="text" name="name" required maxlength="500" placeholder="Its name"></label>
        <button>Create</button>
        ${this.#a?s`<span class="fault" role="alert">${this.#a.message}</span>`:o}
      </form>
      ${this.#t?s`<p class="fault" role="alert">The dashboards could not be read: ${this.#t.message}</p>`:this.#o()}`}#o(){let t=this.#s??[];return t.length===0?s`<p class="empty">None yet. A dashboard is made of tiles: goals, what moved them, what needs attention, reports, texts. Name your first one above.</p>`:s`<ul class="dashboards">${t.map(e=>s`<li>
      <a href="/dashboards/${encodeURIComponent(e.id)}">${e.name}</a>
      <span class="quiet">${e.owner===null?"everybody's":this.#e?.directory.nameOf(e.owner)??e.owner.id} · ${e.sections.length} ${e.sections.length===1?"section":"sections"}</span>
    </li>`)}</ul>`}async#n(t){t.preventDefault();let e=new FormData(t.target).get("name");try{let a=await n("POST","/v1/dashboards",{name:e,sections:[{title:"",tiles:[]}]});location.assign(`/dashboards/${encodeURIComponent(a.id)}?edit=1`)}catch(a){this.#a=a,this.requestUpdate()}}};customElements.define("dashboard-list",r);var h=new d,m=document.querySelector("dashboard-list");m.listenTo(h);h.start();
