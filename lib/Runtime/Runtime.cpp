namespace plmr {}
