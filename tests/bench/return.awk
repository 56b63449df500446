# return.awk: a return of `children` made-up children with three episodes each, into the folder `to`. Codes are those of
# the guide; nobody in it is real.
BEGIN {
	header = to "/header.csv"
	episodes = to "/episodes.csv"
	print "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB" >header
	print "CHILD,DECOM,RNE,LS,CIN,PLACE,PLACE_PROVIDER,DEC,REC,REASON_PLACE_CHANGE,HOME_POST,PL_POST,URN" >episodes
	for (i = 1; i <= children; i++) {
		printf "%d,%d,%02d/%02d/%d,WBRI,UN5,,\n", 500000 + i, 1 + i % 2, 1 + i % 28, 1 + i % 12, 2006 + i % 10 >header
		day = 1 + i % 28
		printf "%d,%02d/04/2022,S,C1,N1,U1,PR1,%02d/07/2022,X1,CARPL,ZZ1 1AA,ZZ2 2BB,\n", 500000 + i, day, day >episodes
		printf "%d,%02d/07/2022,P,C1,N1,U1,PR1,%02d/11/2022,X1,CHILD,ZZ1 1AA,ZZ3 3CC,\n", 500000 + i, day, day >episodes
		printf "%d,%02d/11/2022,P,C1,N1,K2,PR4,,,,ZZ1 1AA,ZZ4 4DD,9116045\n", 500000 + i, day >episodes
	}
}
