// SPDX-License-Identifier: EUPL-1.2

package correspondence

import "maillage/internal/platform/web"

// keeps is the access of whoever looks after the mails of the service.
const keeps = web.Access("courrier.tenir")

// Routes are the addresses of this room.
func (r *Room) Routes() []web.Route {
	routes := []web.Route{
		{Pattern: "GET /courriels", Access: keeps, Handler: r.outboxList},
		{Pattern: "POST /courriels/groupes/annuler", Access: keeps, Handler: r.gesture("groupe", r.cancelGroup)},
		{Pattern: "POST /courriels/annuler", Access: keeps, Handler: r.gesture("id", r.cancelOne)},
		{Pattern: "POST /courriels/reessayer", Access: keeps, Handler: r.gesture("id", r.retry)},
		{Pattern: "GET /courriels/rappels", Access: keeps, Handler: r.allPromises},
		{Pattern: "GET /courriels/rappels/{id}", Access: keeps, Handler: r.promise(false)},
		{Pattern: "POST /courriels/rappels/{id}/pause", Access: keeps, Handler: r.pause(false)},
		{Pattern: "POST /courriels/rappels/{id}/reprise", Access: keeps, Handler: r.resume(false)},
		{Pattern: "GET /moi/rappels", Access: "moi", Handler: r.ownPromises},
		{Pattern: "GET /moi/rappels/{id}", Access: "moi", Handler: r.promise(true)},
		{Pattern: "POST /moi/rappels/{id}/pause", Access: "moi", Scope: r.onHolder, Handler: r.pause(true)},
		{Pattern: "POST /moi/rappels/{id}/reprise", Access: "moi", Scope: r.onHolder, Handler: r.resume(true)},
		{Pattern: "GET " + unsubscribePath, Access: web.Public, Handler: r.unsubscribeForm},
		{Pattern: "POST " + unsubscribePath, Access: web.Public, Handler: r.unsubscribe},
	}
	if r.Audience != nil {
		routes = append(routes,
			web.Route{Pattern: "GET /courriels/nouveau", Access: keeps, Handler: r.composeForm},
			web.Route{Pattern: "POST /courriels/nouveau", Access: keeps, Handler: r.compose})
	}
	if r.Demo {
		routes = append(routes, web.Route{Pattern: "GET " + demoPath, Access: web.Public, Handler: r.demonstration})
	}
	return routes
}
