import{a as s,d as o,l,m as n,n as i,w as d}from"./part-2XPZEQ4V.js";import"./part-MRKGK5YO.js";var r=class extends i{#a=null;#e=null;#t=null;#s=null;listenTo(t){this.#a=t,t.onPaint(()=>this.requestUpdate()),this.#r()}get isReady(){return this.#e!==null||this.#t!==null}async#r(){try{this.#e=[...(await n("/v1/dashboards")).values()].sort((t,e)=>t.name.localeCompare(e.name))}catch(t){this.#t=t}this.requestUpdate()}render(){return s`<h1 class="screen-title">Dashboards</h1>
      <form class="tools" @submit=${this.#l}>
        <label>New dashboard <input type="text" name="name" required maxlength="500" placeholder="Its name"></label>
        <button>Create</button>
        ${this.#s?s`<span class="fault" role="alert">${this.#s.message}</span>`:o}
      </form>
      ${this.#t?s`<p class="fault" role="alert">The dashboards could not be read: ${this.#t.message}</p>`:this.#o()}`}#o(){let t=this.#e??[];return t.length===0?s`<p class="empty">None yet. A dashboard is made of tiles: goals, what moved them, what needs attention, reports, texts. Name your first one above.</p>`:s`<ul class="dashboards">${t.map(e=>s`<li>
      <a href="/dashboards/${encodeURIComponent(e.id)}">${e.name}</a>
      <span class="quiet">${e.owner===null?"everybody's":this.#a?.directory.nameOf(e.owner)??e.owner.id} · ${e.sections.length} ${e.sections.length===1?"section":"sections"}</span>
    </li>`)}</ul>`}async#l(t){t.preventDefault();let e=new FormData(t.target).get("name");try{let a=await l("POST","/v1/dashboards",{name:e,sections:[{title:"",tiles:[]}]});location.assign(`/dashboards/${encodeURIComponent(a.id)}?edit=1`)}catch(a){this.#s=a,this.requestUpdate()}}};customElements.define("dashboard-list",r);var h=new d,m=document.querySelector("dashboard-list");m.listenTo(h);h.start();
