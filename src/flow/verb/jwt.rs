//! `jwt`: composes a JWT, has it signed, verifies it with the public half; or takes one that the same key signed before.
//! Leaves `jwt header claims`.

use serde_json::Map;

use crate::flow::core::Artefact as On;
use crate::flow::effect::Effect;
use crate::flow::run::{Held, Run};
use crate::flow::sign::{Recipe, Signed, Then};
use crate::flow::template::Scope;
use crate::flow::view::Field;
use crate::profile::model::Jwt;
use crate::time::Timestamp;

impl Run {
    pub(in crate::flow) fn begin_jwt(&mut self, jwt: &Jwt, scope: &Scope, now: Timestamp) -> Vec<Effect> {
        match jwt.given.as_ref().map_or(Ok(None), |t| t.eval_text(scope)) {
            Ok(None) => {}
            Ok(Some(given)) => return self.take_given(&jwt.key, &given, now),
            Err(e) => return self.fail_eval(&e, now),
        }
        let name = self.current().id;
        let recipe = Recipe {
            name: &name,
            role: &jwt.key,
            alg: jwt.alg.as_ref(),
            header: &jwt.header,
            claims: &jwt.claims,
            defaults: Map::new(),
        };
        self.begin_signing(recipe, Then::Keep, scope, now)
    }

    pub(in crate::flow) fn kept(&mut self, signed: Signed, now: Timestamp) -> Vec<Effect> {
        let step = self.current();
        self.step().outputs = vec![Field { name: "jwt".to_owned(), value: signed.jwt.clone(), class: step.class }];
        let scope = self.state.scope(step.frame, now);
        let checks = self.bank_checks(&step);
        self.check_jwt(&signed, On::Jwt, &checks, &step.path, &scope);
        let configuration: Vec<_> = self.state.profile.checks.iter().filter(|c| c.at.is_empty()).cloned().collect();
        self.run_checks(&configuration, "configuration", &scope);
        let mut effects: Vec<Effect> = self.spend_jti(&signed.claims).into_iter().collect();
        effects.extend(self.hold(Held::Outputs(signed.outputs()), false, now));
        effects
    }
}
