// SPDX-License-Identifier: EUPL-1.2

package signin

import "net/http"

func (r *Room) hasPasskeys(req *http.Request) bool { return false }
