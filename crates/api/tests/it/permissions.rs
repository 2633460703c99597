//! Roles: every route that names a permission refuses the roles without it, before anything else is looked at.

use api::auth::permission::Role;
use api::router::{Access, ROUTES};
use serde_json::json;
use uuid::Uuid;

use crate::world::World;

#[tokio::test]
async fn every_route_refuses_the_roles_below_its_permission() {
    let world = World::new().await;
    let b = &world.people.b;
    for role in Role::ALL {
        world.sql(&format!("UPDATE dawsos.users SET role = '{role}' WHERE id = '{}'", b.user)).await;
        world.clock.advance(api::auth::session::TRUST);
        for route in ROUTES.iter() {
            let path = route
                .path
                .replace("{id}", &Uuid::nil().to_string())
                .replace("{portfolio_id}", &Uuid::nil().to_string());
            let path = format!("{path}?zz_unknown=1");
            // The unknown parameter is refused after the permission, so no handler runs.
            let call = world
                .request(route.method.as_str(), &path)
                .by(b)
                .header("idempotency-key", &Uuid::now_v7().to_string());
            let answer = call.send().await;
            let lacks = matches!(route.access, Access::Needs(permission) if !role.may(permission));
            assert_eq!(answer.code() == "forbidden", lacks, "{role} {route:?}: {}", answer.body);
        }
    }
}

#[tokio::test]
async fn nobody_signed_in_is_401_everywhere_but_on_public_routes() {
    let world = World::new().await;
    for route in ROUTES.iter() {
        let path =
            route.path.replace("{id}", &Uuid::nil().to_string()).replace("{portfolio_id}", &Uuid::nil().to_string());
        let answer = world.request(route.method.as_str(), &format!("{path}?zz_unknown=1")).send().await;
        let is_public = route.access == Access::Public;
        assert_eq!(answer.status.as_u16() == 401, !is_public, "{route:?}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_pattern_or_capability_needs_its_own_rights() {
    let world = World::new().await;
    let b = &world.people.b;
    let lots =
        |args| world.request("POST", "/api/capabilities/ledger.lots/run").by(b).json(json!({"args": args})).send();
    lots(json!({"portfolio_id": b.portfolio})).await.expect(200);
    let restate = world.request("POST", "/api/capabilities/pricing.supersede/run").by(b).json(json!({}));
    let refused = restate.send().await.refused(403, "forbidden");
    assert_eq!(refused.body["permission"], "packs_write");
    // Having the right is not enough: what changes something does not run here.
    world
        .send_a("POST", "/api/capabilities/ledger.record/run", json!({"args": {}}))
        .await
        .refused(422, "invalid_input");
    world.send_a("POST", "/api/capabilities/ledger.lost/run", json!({})).await.refused(404, "not_found");
}
