.define_exports(environment())
