import passport from 'passport'
import { ExtractJwt, Strategy } from 'passport-jwt'

passport.use(new Strategy({ secretOrKey: 'only for development', jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken() }, (payload, done) => done(null, payload)))
